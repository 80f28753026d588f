//! Changes of a document as real histories have them: things that move, are spelled otherwise, or change two at once.

/// What every row edits.
pub const BASE: &str = "
openapi: 3.0.3
info: { title: Library, version: '1' }
servers:
  - { url: 'https://{region}.library.example/{stage}', variables: { region: { default: eu }, stage: { default: v1 } } }
security: [{ oauth: [read] }]
paths:
  /books/{bookId}:
    parameters:
      - { name: bookId, in: path, required: true, schema: { type: string } }
    get:
      operationId: getBook
      tags: [books]
      parameters:
        - { name: expand, in: query, schema: { type: array, items: { type: string, enum: [author, shelf] } } }
        - { name: sort, in: query, schema: { $ref: '#/components/schemas/Sort' } }
      responses:
        '200': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Book' } } } }
        default: { description: Not., content: { application/json: { schema: { $ref: '#/components/schemas/Fault' } } } }
    put:
      operationId: putBook
      tags: [books]
      requestBody: { $ref: '#/components/requestBodies/Book' }
      responses:
        '200': { $ref: '#/components/responses/Book' }
  /books:
    get:
      operationId: listBooks
      x-pagination: { style: page, items: results, next-link: next, parameter: page }
      parameters:
        - { name: page, in: query, schema: { type: integer } }
        - { name: size, in: query, schema: { type: integer } }
        - { name: cursor, in: query, schema: { type: string } }
      responses:
        '200': { description: Some., content: { application/json: { schema: { $ref: '#/components/schemas/Shelf' } } } }
  /people/{personId}/loans/{loanId}:
    get:
      operationId: getLoan
      tags: [people]
      parameters:
        - { name: personId, in: path, required: true, schema: { type: string } }
        - { name: loanId, in: path, required: true, schema: { type: string } }
      responses:
        '200': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Loan' } } } }
  /loans:
    post:
      operationId: addLoan
      tags: [people]
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [person]
              properties: { person: { type: string }, days: { type: integer } }
      responses:
        '201': { description: Added., content: { application/json: { schema: { $ref: '#/components/schemas/Loan' } } } }
  /owners:
    post:
      operationId: addOwner
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Owner' } } } }
      responses: { '204': { description: Added. } }
  /covers/{bookId}:
    get:
      operationId: getCover
      parameters: [{ name: bookId, in: path, required: true, schema: { type: string } }]
      responses:
        '200': { description: It., content: { image/png: { schema: { type: string, format: binary } } } }
  /health:
    get:
      operationId: getHealth
      security: []
      responses: { '200': { description: Well., content: { text/plain: { schema: { type: string } } } } }
components:
  securitySchemes:
    oauth:
      type: oauth2
      flows: { clientCredentials: { tokenUrl: 'https://library.example/token', scopes: { read: Reads., write: Writes. } } }
    basic: { type: http, scheme: basic }
  requestBodies:
    Book: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Book' } } } }
  responses:
    Book: { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Book' } } } }
  schemas:
    Book:
      type: object
      required: [id, title]
      properties:
        id: { type: string }
        title: { type: string }
        author: { $ref: '#/components/schemas/Person' }
        pageCount: { type: integer, format: int32 }
        rating: { type: integer }
        shelf: { type: object, required: [room], properties: { room: { type: string } } }
    Person:
      allOf:
        - { $ref: '#/components/schemas/Named' }
        - { type: object, required: [born], properties: { born: { type: string, format: date } } }
    Named:
      type: object
      required: [name]
      properties: { name: { type: string }, nick: { type: string, nullable: true } }
    Company: { type: object, required: [kind, vat], properties: { kind: { type: string }, vat: { type: string } } }
    Club: { type: object, required: [kind, members], properties: { kind: { type: string }, members: { type: integer } } }
    Owner: { oneOf: [{ $ref: '#/components/schemas/Company' }, { $ref: '#/components/schemas/Club' }] }
    Loan:
      type: object
      required: [book, state]
      properties:
        book: { $ref: '#/components/schemas/Book' }
        state: { $ref: '#/components/schemas/State' }
        days: { type: integer }
    State: { type: string, enum: [out, back] }
    Sort: { type: string, enum: [title, author] }
    Shelf:
      type: object
      required: [count, results]
      properties:
        count: { type: integer }
        next: { type: string, nullable: true }
        results: { type: array, items: { $ref: '#/components/schemas/Book' } }
    Fault: { type: object, required: [code], properties: { code: { type: integer }, text: { type: string } } }
";

/// What is edited, and the lines that say what it means: level, item and change, then both effects on the wire.
pub const ROWS: &[super::Row] = &[
    (
        "an inline schema becomes a component",
        "        shelf: { type: object, required: [room], properties: { room: { type: string } } }\n",
        "        shelf: { $ref: '#/components/schemas/BookShelf' }\n    BookShelf: { type: object, required: [room], properties: { room: { type: string } } }\n",
        &["patch Book.shelf is described elsewhere; works, works"],
    ),
    (
        "an enum becomes one of two",
        "State: { type: string, enum: [out, back] }",
        "State: { oneOf: [{ type: string, enum: [out, back] }, { type: object, required: [until], properties: { until: { type: string } } }] }",
        &["major models::State is something else; depends, works"],
    ),
    (
        "two variables of a path change places",
        "/people/{personId}/loans/{loanId}:",
        "/people/{loanId}/loans/{personId}:",
        &["silent Api::get_loan takes its arguments in another order; fails, fails"],
    ),
    (
        "a required cookie comes",
        "        - { name: sort, in: query,",
        "        - { name: session, in: cookie, required: true, schema: { type: string } }\n        - { name: sort, in: query,",
        &["major params::GetBook.session is new; fails, depends"],
    ),
    (
        "an operation has other tags",
        "operationId: getLoan\n      tags: [people]",
        "operationId: getLoan\n      tags: [books, people]",
        &["patch descriptions of the document change; works, works"],
    ),
    (
        "an answer of another status without content",
        "        default: { description: Not., content: { application/json: { schema: { $ref: '#/components/schemas/Fault' } } } }",
        "        '202': { description: Later. }\n        default: { description: Not., content: { application/json: { schema: { $ref: '#/components/schemas/Fault' } } } }",
        &["major Api::get_book has another type; depends, works"],
    ),
    (
        "an answer of another status with another content",
        "        default: { description: Not., content: { application/json: { schema: { $ref: '#/components/schemas/Fault' } } } }",
        "        '202': { description: Later., content: { application/json: { schema: { $ref: '#/components/schemas/Loan' } } } }\n        default: { description: Not., content: { application/json: { schema: { $ref: '#/components/schemas/Fault' } } } }",
        &["major Api::get_book has another type; depends, works"],
    ),
    (
        "a composition is written out",
        "      allOf:\n        - { $ref: '#/components/schemas/Named' }\n        - { type: object, required: [born], properties: { born: { type: string, format: date } } }\n",
        "      type: object\n      required: [name, born]\n      properties: { name: { type: string }, nick: { type: string, nullable: true }, born: { type: string, format: date } }\n",
        &["patch Person is described otherwise; works, works"],
    ),
    (
        "a discriminator comes",
        "Owner: { oneOf: [{ $ref: '#/components/schemas/Company' }, { $ref: '#/components/schemas/Club' }] }",
        "Owner: { oneOf: [{ $ref: '#/components/schemas/Company' }, { $ref: '#/components/schemas/Club' }], discriminator: { propertyName: kind } }",
        &["major models::Club is told apart otherwise; depends, depends"],
    ),
    (
        "an alternative may be anything",
        "{ $ref: '#/components/schemas/Club' }] }",
        "{}] }",
        &[
            "major models::Owner::Club is gone; fails, works",
            "minor models::Owner::Any is new; works, depends",
        ],
    ),
    (
        "pages are walked otherwise",
        "{ style: page, items: results, next-link: next, parameter: page }",
        "{ style: cursor, items: results, next-link: next, parameter: cursor }",
        &["silent listBooks x-pagination changes; depends, depends"],
    ),
    (
        "what nobody reads of pages",
        "style: page, items",
        "style: pages, items",
        &["patch the document says the same in other words; works, works"],
    ),
    (
        "an operation whose pages are walked has another id",
        "operationId: listBooks",
        "operationId: findBooks",
        &["major Api::list_books has another name; works, works"],
    ),
    (
        "another way to authenticate beside the first",
        "security: [{ oauth: [read] }]",
        "security: [{ oauth: [read], basic: [] }]",
        &["patch security changes; fails, works"],
    ),
    (
        "another scope is needed",
        "security: [{ oauth: [read] }]",
        "security: [{ oauth: [write] }]",
        &["patch security changes; depends, depends"],
    ),
    (
        "a variable of a server has another default",
        "region: { default: eu }",
        "region: { default: us }",
        &["silent servers::DEFAULT has another value; fails, fails"],
    ),
    (
        "a variable of a server lists its values",
        "region: { default: eu }",
        "region: { default: eu, enum: [eu, us] }",
        &["patch servers changes; works, works"],
    ),
    (
        "a property of a form comes",
        "properties: { person: { type: string }, days: { type: integer } }",
        "properties: { person: { type: string }, days: { type: integer }, note: { type: string } }",
        &["minor models::AddLoanBody.note is new; works, depends"],
    ),
    (
        "another version of OpenAPI",
        "openapi: 3.0.3",
        "openapi: 3.1.0",
        &["patch the version of OpenAPI changes; works, works"],
    ),
    (
        "parameters move from the path to its operations",
        "    parameters:\n      - { name: bookId, in: path, required: true, schema: { type: string } }\n    get:\n      operationId: getBook\n      tags: [books]\n      parameters:\n",
        "    parameters:\n      - { name: bookId, in: path, required: true, schema: { type: string } }\n    get:\n      operationId: getBook\n      tags: [books]\n      parameters:\n        - { name: bookId, in: path, required: true, schema: { type: string } }\n",
        &["patch the document says the same in other words; works, works"],
    ),
    (
        "a shared answer is given inline",
        "'200': { $ref: '#/components/responses/Book' }",
        "'200': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Book' } } } }",
        &["patch putBook answer 200 is described elsewhere; works, works"],
    ),
    (
        "a wider integer",
        "pageCount: { type: integer, format: int32 }",
        "pageCount: { type: integer, format: int64 }",
        &["major models::Book.page_count has another type; depends, depends"],
    ),
    (
        "an integer becomes a number",
        "rating: { type: integer }",
        "rating: { type: number }",
        &["major models::Book.rating has another type; depends, depends"],
    ),
    (
        "a variable of a path has a format",
        "      parameters: [{ name: bookId, in: path, required: true, schema: { type: string } }]",
        "      parameters: [{ name: bookId, in: path, required: true, schema: { type: string, format: uuid } }]",
        &["major Api::get_cover takes other arguments; depends, depends"],
    ),
    (
        "a list becomes one value",
        "expand, in: query, schema: { type: array, items: { type: string, enum: [author, shelf] } }",
        "expand, in: query, schema: { type: string, enum: [author, shelf] }",
        &["major params::GetBook.expand has another type; depends, depends"],
    ),
    (
        "a property in other letters",
        "pageCount:",
        "page_count:",
        &["silent models::Book.page_count is something else on the wire; depends, depends"],
    ),
    (
        "a value in other letters",
        "State: { type: string, enum: [out, back] }",
        "State: { type: string, enum: [OUT, back] }",
        &["silent models::State::Out is something else on the wire; works, works"],
    ),
    (
        "values in another order",
        "State: { type: string, enum: [out, back] }",
        "State: { type: string, enum: [back, out] }",
        &["patch the document says the same in other words; works, works"],
    ),
    (
        "an object becomes a list",
        "application/json: { schema: { $ref: '#/components/schemas/Loan' } } } }\n  /loans:",
        "application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Loan' } } } } }\n  /loans:",
        &["major Api::get_loan has another type; fails, fails"],
    ),
    (
        "plain text becomes JSON",
        "text/plain:",
        "application/json:",
        &["silent getHealth answer 200 content is of another media type; depends, fails"],
    ),
    (
        "a picture of another kind",
        "image/png:",
        "image/jpeg:",
        &["silent getCover answer 200 content is of another media type; depends, depends"],
    ),
    (
        "no error is described any more",
        "        default: { description: Not., content: { application/json: { schema: { $ref: '#/components/schemas/Fault' } } } }\n",
        "",
        &["major ErrorBody"],
    ),
    (
        "an operation has no id any more",
        "operationId: getHealth",
        "summary: Health.",
        &["patch descriptions of the document change; works, works"],
    ),
    (
        "further properties are forbidden",
        "    Fault: { type: object, required",
        "    Fault: { type: object, additionalProperties: false, required",
        &["patch Fault has a new `additionalProperties`; works, works"],
    ),
    (
        "one of becomes any of",
        "Owner: { oneOf:",
        "Owner: { anyOf:",
        &["patch the document says the same in other words; works, works"],
    ),
    (
        "a schema refers to itself",
        "        pageCount: {",
        "        sequel: { $ref: '#/components/schemas/Book' }\n        pageCount: {",
        &["minor models::Book.sequel is new; works, depends"],
    ),
    (
        "two properties change places",
        "properties: { code: { type: integer }, text: { type: string } }",
        "properties: { code: { type: string }, text: { type: integer } }",
        &[
            "major models::Fault.code has another type; depends, depends",
            "major models::Fault.text has another type; depends, depends",
        ],
    ),
    (
        "a shared body is optional",
        "    Book: { required: true, content:",
        "    Book: { content:",
        &["major Api::put_book takes other arguments; works, fails"],
    ),
    (
        "a parameter must have a pattern",
        "name: loanId, in: path, required: true, schema: { type: string }",
        "name: loanId, in: path, required: true, schema: { type: string, pattern: '^L' }",
        &["patch getLoan(loanId) schema has a new `pattern`; fails, works"],
    ),
    (
        "a schema in other letters",
        "Fault",
        "fault",
        &["patch getBook answer default content application/json schema has another `$ref`; works, works"],
    ),
    (
        "a stream beside a text",
        "text/plain: { schema: { type: string } }",
        "text/plain: { schema: { type: string } }, text/event-stream: { schema: { type: string } }",
        &["minor Api::stream_health is new; works, depends"],
    ),
    (
        "what only heirs of a schema may send",
        "nick: { type: string, nullable: true }",
        "nick: { type: string }",
        &["major models::Person.nick has another type; fails, works"],
    ),
];
