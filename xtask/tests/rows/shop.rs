//! Changes of a document that has a little of everything.

/// What every row edits.
pub const BASE: &str = "
openapi: 3.1.0
info: { title: Shop, version: '1' }
servers: [{ url: 'https://shop.example/v1', description: The shop. }]
security: [{ key: [] }]
paths:
  /orders:
    get:
      operationId: listOrders
      x-pagination: { style: cursor, items: results, next-link: next, parameter: cursor }
      parameters:
        - { name: cursor, in: query, schema: { type: string } }
        - { name: states, in: query, schema: { type: array, items: { type: string } } }
        - { name: X-Trace, in: header, schema: { type: string } }
        - { name: limit, in: query, schema: { type: integer, default: 20, maximum: 100 } }
      responses:
        '200': { description: A page., content: { application/json: { schema: { $ref: '#/components/schemas/Page' } } } }
        '404': { description: None., content: { application/json: { schema: { $ref: '#/components/schemas/Problem' } } } }
    post:
      operationId: addOrder
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } }
      responses:
        '201': { description: Added., content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
  /orders/{orderId}/events:
    get:
      operationId: watchOrder
      parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
      responses:
        '200': { description: Events., content: { text/event-stream: { schema: { $ref: '#/components/schemas/Event' } } } }
  /files:
    post:
      operationId: addFile
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [file]
              properties:
                file: { type: string, format: binary }
                remark: { type: string }
      responses: { '204': { description: Stored. } }
  /totals:
    get:
      operationId: getTotals
      security: []
      responses:
        '200':
          description: Totals.
          content:
            application/json:
              schema:
                type: object
                required: [sum]
                properties:
                  sum: { type: number }
                  best: { type: object, properties: { name: { type: string } } }
webhooks:
  orderPaid:
    post:
      operationId: orderPaid
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Paid' } } } }
      responses: { '204': { description: Thanks. } }
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Key }
    token: { type: http, scheme: bearer }
  schemas:
    Order:
      type: object
      required: [id, name, payment]
      properties:
        id: { type: string, readOnly: true }
        name: { type: string }
        secret: { type: string, writeOnly: true }
        state: { type: string, enum: [open, paid] }
        payment: { $ref: '#/components/schemas/Payment' }
        note: { type: [string, 'null'] }
        at: { type: string, format: date-time }
        labels: { type: object, additionalProperties: { type: string } }
    Payment:
      oneOf: [{ $ref: '#/components/schemas/Card' }, { $ref: '#/components/schemas/Cash' }]
      discriminator: { propertyName: kind, mapping: { card: '#/components/schemas/Card', cash: '#/components/schemas/Cash' } }
    Card: { type: object, required: [kind, number], properties: { kind: { type: string }, number: { type: string } } }
    Cash: { type: object, required: [kind], properties: { kind: { type: string }, given: { type: number } } }
    Event: { type: object, required: [text], properties: { text: { type: string } } }
    Page:
      type: object
      required: [results]
      properties:
        next: { type: [string, 'null'] }
        results: { type: array, items: { $ref: '#/components/schemas/Order' } }
    Paid: { type: object, required: [order], properties: { order: { type: string } } }
    Problem: { type: object, required: [code], properties: { code: { type: string } } }
";

/// What is edited, and the lines that say what it means: level, item and change, then both effects on the wire.
pub const ROWS: &[super::Row] = &[
    (
        "pagination goes",
        "      x-pagination: { style: cursor, items: results, next-link: next, parameter: cursor }\n",
        "",
        &["major Api::all_orders is gone"],
    ),
    (
        "pages are told otherwise",
        "next-link: next, parameter: cursor",
        "next-token: next, parameter: cursor",
        &["silent listOrders x-pagination changes; depends, depends"],
    ),
    (
        "an answer beside a stream",
        "content: { text/event-stream: {",
        "content: { application/json: { schema: { $ref: '#/components/schemas/Event' } }, text/event-stream: {",
        &["major Api::watch_order has another type; works, depends"],
    ),
    (
        "a stream becomes an answer",
        "content: { text/event-stream: {",
        "content: { application/json: {",
        &["major Api::watch_order has another type; fails, fails"],
    ),
    (
        "an answer becomes a stream",
        "'201': { description: Added., content: { application/json: {",
        "'201': { description: Added., content: { text/event-stream: {",
        &["major Api::add_order has another type; fails, fails"],
    ),
    (
        "a property of events",
        "Event: { type: object, required: [text], properties: { text: { type: string } } }",
        "Event: { type: object, required: [text], properties: { text: { type: string }, more: { type: string } } }",
        &["minor models::Event.more is new; works, works"],
    ),
    (
        "another property tells the alternatives",
        "propertyName: kind, mapping",
        "propertyName: sort, mapping",
        &["major models::Card is something else on the wire; fails, fails"],
    ),
    (
        "another value tells an alternative",
        "mapping: { card:",
        "mapping: { plastic:",
        &["major models::Card is something else on the wire; depends, depends"],
    ),
    (
        "a further value tells an alternative",
        "cash: '#/components/schemas/Cash' } }",
        "cash: '#/components/schemas/Cash', coins: '#/components/schemas/Cash' } }",
        &["major models::Cash is told apart otherwise; works, depends"],
    ),
    (
        "an alternative comes",
        "{ $ref: '#/components/schemas/Cash' }]\n",
        "{ $ref: '#/components/schemas/Cash' }, { $ref: '#/components/schemas/Paid' }]\n",
        &["minor models::Payment::Paid is new; works, depends"],
    ),
    (
        "an alternative goes",
        ", { $ref: '#/components/schemas/Cash' }]\n      discriminator: { propertyName: kind, mapping: { card: '#/components/schemas/Card', cash: '#/components/schemas/Cash' } }",
        "]\n      discriminator: { propertyName: kind, mapping: { card: '#/components/schemas/Card' } }",
        &["major models::Payment is something else; fails, depends"],
    ),
    (
        "an error has a body of its own",
        "description: None., content: { application/json: { schema: { $ref: '#/components/schemas/Problem' } } }",
        "description: None., content: { application/json: { schema: { $ref: '#/components/schemas/Event' } } }",
        &["major ErrorBody"],
    ),
    (
        "an error has no body any more",
        "'404': { description: None., content: { application/json: { schema: { $ref: '#/components/schemas/Problem' } } } }",
        "'404': { description: None. }",
        &["major ErrorBody"],
    ),
    (
        "a property is no longer for reading only",
        "id: { type: string, readOnly: true }",
        "id: { type: string }",
        &["major models::OrderRequest is gone; fails, depends"],
    ),
    (
        "a property is for reading only",
        "name: { type: string }\n        secret",
        "name: { type: string, readOnly: true }\n        secret",
        &["major models::OrderRequest.name is gone; depends, fails"],
    ),
    (
        "a property is for writing only",
        "name: { type: string }\n        secret",
        "name: { type: string, writeOnly: true }\n        secret",
        &["major models::Order.name has another type; fails, works"],
    ),
    (
        "a list in one piece",
        "name: states, in: query, schema",
        "name: states, in: query, explode: false, schema",
        &["silent listOrders(states) is spelled otherwise; fails, fails"],
    ),
    (
        "a list with another separator",
        "name: states, in: query, schema",
        "name: states, in: query, style: pipeDelimited, explode: false, schema",
        &["silent listOrders(states) is spelled otherwise; fails, fails"],
    ),
    (
        "a list as JSON",
        "name: states, in: query, schema: { type: array, items: { type: string } }",
        "name: states, in: query, content: { application/json: { schema: { type: array, items: { type: string } } } }",
        &["silent listOrders(states) is spelled otherwise; fails, fails"],
    ),
    (
        "a part of a form says what it is",
        "                remark: { type: string }\n",
        "                remark: { type: string }\n            encoding: { remark: { contentType: text/html } }\n",
        &["silent addFile body content multipart/form-data has a new `encoding`; depends, depends"],
    ),
    (
        "the usual spelling of a list, written out",
        "name: states, in: query, schema",
        "name: states, in: query, style: form, explode: true, schema",
        &["patch the document says the same in other words; works, works"],
    ),
    (
        "null is spelled otherwise",
        "note: { type: [string, 'null'] }",
        "note: { anyOf: [{ type: string }, { type: 'null' }] }",
        &["patch the document says the same in other words; works, works"],
    ),
    (
        "a property is no longer null",
        "note: { type: [string, 'null'] }",
        "note: { type: string }",
        &["major models::OrderRequest.note has another type; fails, works"],
    ),
    (
        "a received property may be null",
        "sum: { type: number }",
        "sum: { type: [number, 'null'] }",
        &["major models::GetTotalsResponse.sum has another type; fails, works"],
    ),
    (
        "an optional received property may be null",
        "best: { type: object, properties",
        "best: { type: [object, 'null'], properties",
        &["patch getTotals answer 200 content application/json schema.best becomes nullable; works, works"],
    ),
    (
        "a property of an inline object",
        "properties: { name: { type: string } } }\nwebhooks",
        "properties: { name: { type: integer } } }\nwebhooks",
        &["major models::GetTotalsResponseBest.name has another type; depends, depends"],
    ),
    (
        "a default comes",
        "name: { type: string }\n        secret",
        "name: { type: string, default: a }\n        secret",
        &["patch Order.name has a new `default`; depends, depends"],
    ),
    (
        "a default of a parameter",
        "default: 20, maximum",
        "default: 50, maximum",
        &["silent listOrders(limit) schema has another `default`; depends, depends"],
    ),
    (
        "a default goes",
        "default: 20, maximum",
        "maximum",
        &["major params::ListOrders::limit_or_default is gone"],
    ),
    (
        "a limit of a parameter",
        "maximum: 100",
        "maximum: 50",
        &["patch listOrders(limit) schema has another `maximum`; fails, works"],
    ),
    (
        "a format comes",
        "sum: { type: number }",
        "sum: { type: number, format: float }",
        &["major models::GetTotalsResponse.sum has another type; works, depends"],
    ),
    (
        "a format goes",
        "at: { type: string, format: date-time }",
        "at: { type: string }",
        &["major models::Order.at has another type; depends, depends"],
    ),
    (
        "a format with a type of its own",
        "at: { type: string, format: date-time }",
        "at: { type: string, format: binary }",
        &["major models::Order.at has another type; depends, depends"],
    ),
    (
        "further properties have a type",
        "labels: { type: object, additionalProperties: { type: string } }",
        "labels: { type: object, additionalProperties: { type: integer } }",
        &["major models::Order.labels has another type; depends, depends"],
    ),
    (
        "further properties come",
        "Problem: { type: object, required",
        "Problem: { type: object, additionalProperties: { type: string }, required",
        &["minor models::Problem.additional_properties is new"],
    ),
    (
        "security of one operation",
        "      security: []\n",
        "",
        &["patch getTotals security changes; fails, works"],
    ),
    (
        "a further way to authenticate",
        "security: [{ key: [] }]",
        "security: [{ key: [] }, { token: [] }]",
        &["patch security changes; works, depends"],
    ),
    (
        "another way to authenticate",
        "security: [{ key: [] }]",
        "security: [{ token: [] }]",
        &["silent security changes; fails, fails"],
    ),
    ("nobody asks who calls", "security: [{ key: [] }]\n", "", &["patch security changes; works, fails"]),
    (
        "the key goes elsewhere",
        "in: header, name: X-Key",
        "in: query, name: key",
        &["silent security scheme key is sent otherwise; fails, fails"],
    ),
    (
        "words about a server",
        "description: The shop.",
        "description: Our shop.",
        &["patch descriptions of the document change; works, works"],
    ),
    (
        "a further server",
        "servers: [{ url: 'https://shop.example/v1', description: The shop. }]",
        "servers: [{ url: 'https://shop.example/v1', description: The shop. }, { url: 'https://test.example' }]",
        &["minor servers::SERVER_2 is new", "minor servers::SERVER_2 is new; works, works"],
    ),
    (
        "a server of one operation",
        "      operationId: getTotals\n",
        "      operationId: getTotals\n      servers: [{ url: 'https://totals.example' }]\n",
        &["silent servers::TOTALS_EXAMPLE is new; fails, fails"],
    ),
    (
        "a deprecated parameter",
        "in: query, schema: { type: array",
        "in: query, deprecated: true, schema: { type: array",
        &["minor params::ListOrders.states is deprecated; works, works"],
    ),
    (
        "a deprecated property",
        "secret: { type: string, writeOnly: true }",
        "secret: { type: string, writeOnly: true, deprecated: true }",
        &["minor models::Order.secret is deprecated; works, works"],
    ),
    (
        "a header in other letters",
        "name: X-Trace, in: header",
        "name: x-trace, in: header",
        &["patch the document says the same in other words; works, works"],
    ),
    (
        "another header",
        "name: X-Trace, in: header",
        "name: X-Request, in: header",
        &[
            "major params::ListOrders.x_trace is gone; depends, works",
            "minor params::ListOrders.x_request is new; works, depends",
        ],
    ),
    (
        "a required header",
        "name: X-Trace, in: header, schema",
        "name: X-Trace, in: header, required: true, schema",
        &["major params::ListOrders.x_trace has another type; fails, works"],
    ),
    (
        "a part of a form",
        "remark: { type: string }",
        "remark: { type: string }\n                place: { type: string }",
        &["minor forms::AddFileForm.place is new; works, depends"],
    ),
    (
        "a part of a form is required",
        "required: [file]",
        "required: [file, remark]",
        &["major forms::AddFileForm.remark has another type; fails, works"],
    ),
    (
        "a form becomes a body",
        "multipart/form-data:",
        "application/json:",
        &["major Api::add_file takes other arguments; fails, fails"],
    ),
    (
        "a property of a webhook",
        "Paid: { type: object, required: [order], properties: { order: { type: string } } }",
        "Paid: { type: object, required: [order], properties: { order: { type: string }, sum: { type: number } } }",
        &["minor models::Paid.sum is new; works, works"],
    ),
    (
        "a property of a webhook becomes optional",
        "Paid: { type: object, required: [order],",
        "Paid: { type: object,",
        &["major models::Paid.order has another type; fails, works"],
    ),
    (
        "a webhook goes",
        "webhooks:\n  orderPaid:",
        "webhooks: {}\nx-old:\n  orderPaid:",
        &["major webhooks is gone"],
    ),
    (
        "a webhook comes",
        "webhooks:\n",
        "webhooks:\n  orderLost:\n    post: { operationId: orderLost, responses: { '204': { description: Thanks. } } }\n",
        &["silent webhooks::Webhooks::order_lost is new; depends, depends"],
    ),
    (
        "a property moves into a component",
        "best: { type: object, properties: { name: { type: string } } }",
        "best: { $ref: '#/components/schemas/Paid' }",
        &["major models::GetTotalsResponse.best has another type"],
    ),
    (
        "an enum is given inline",
        "state: { type: string, enum: [open, paid] }",
        "state: { type: string, enum: [open, paid, lost] }",
        &["minor models::OrderState::Lost is new; works, depends"],
    ),
    (
        "an enum becomes open",
        "state: { type: string, enum: [open, paid] }",
        "state: { type: string }",
        &["major models::Order.state has another type; depends, depends"],
    ),
    (
        "the version of the document",
        "version: '1'",
        "version: '2'",
        &["patch the document's info has another `version`; works, works"],
    ),
    (
        "a tag",
        "operationId: addFile",
        "tags: [files]\n      operationId: addFile",
        &["patch descriptions of the document change; works, works"],
    ),
    (
        "a body of another media type beside it",
        "      requestBody:\n        required: true\n        content: { application/json: {",
        "      requestBody:\n        required: true\n        content: { application/x-www-form-urlencoded: { schema: { $ref: '#/components/schemas/Order' } }, application/json: {",
        &["patch addOrder body content has a new `application/x-www-form-urlencoded`; works, depends"],
    ),
    (
        "an answer of another status, with content",
        "'204': { description: Stored. }",
        "'201': { description: Stored., content: { application/json: { schema: { $ref: '#/components/schemas/Paid' } } } }",
        &["major Api::add_file has another type; works, fails"],
    ),
    (
        "two values tell each other's alternatives",
        "mapping: { card: '#/components/schemas/Card', cash: '#/components/schemas/Cash' }",
        "mapping: { card: '#/components/schemas/Cash', cash: '#/components/schemas/Card' }",
        &[
            "major models::Payment::Card has another type; depends, depends",
            "major models::Payment::Cash has another type; depends, depends",
        ],
    ),
    (
        "an operation with a form has another id",
        "operationId: addFile",
        "operationId: putFile",
        &["major Api::add_file has another name; works, works"],
    ),
    (
        "a key that nobody asks for",
        "token: { type: http, scheme: bearer }",
        "token: { type: http, scheme: basic }",
        &["patch security scheme token is sent otherwise; works, works"],
    ),
];
