//! Changes of what has no name of its own in the document, or another one in Rust.

/// What every row edits.
pub const BASE: &str = "
openapi: 3.0.3
info: { title: Zoo, version: '1' }
servers: [{ url: 'https://zoo.example' }, { url: 'https://zoo.test' }]
x-webhooks:
  animalBorn: { post: { requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Visit' } } } }, responses: { '204': { description: Heard. } } } }
  animalGone: { post: { requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Visit' } } } }, responses: { '204': { description: Heard. } } } }
paths:
  /shows:
    get:
      operationId: getShow
      security: [{ key: [] }]
      parameters:
        - { name: mode, in: query, schema: { type: string, enum: [short, long] } }
        - { name: limit, in: query, schema: { type: integer } }
      responses:
        '200': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Prize' } }, text/csv: { schema: { type: string } } } }
    put:
      operationId: putShow
      security: [{ key: [] }]
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Prize' } } } }
      responses: { '204': { description: Done. } }
  /visits:
    post:
      operationId: addVisit
      security: [{ key: [] }]
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Visit' } } } }
      responses: { '204': { description: Done. } }
  /visits/{visitId}:
    get:
      operationId: getVisit
      security: [{ key: [] }]
      parameters: [{ name: visitId, in: path, required: true, schema: { type: string } }]
      responses:
        '200': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Menu' } } } }
  /ping:
    get:
      operationId: ping
      x-rust-name: ring
      security: [{ key: [] }]
      parameters: [{ name: times, in: query, schema: { type: integer } }]
      responses: { '200': { description: Rung. } }
  /talk:
    post:
      operationId: talk
      security: [{ key: [] }]
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [words], properties: { words: { type: string }, stream: { type: boolean } } } } } }
      responses:
        '200': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Menu' } }, text/event-stream: { schema: { $ref: '#/components/schemas/Fruit' } } } }
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Key }
  schemas:
    Prize: { oneOf: [{ type: object, required: [cup], properties: { cup: { type: string }, level: { type: string, enum: [first, second] } } }, { type: object, required: [money], properties: { money: { type: integer } } }] }
    Visit: { type: object, required: [guests], properties: { guests: { type: integer }, note: { type: string }, kind: { $ref: '#/components/schemas/Kind' }, gift: { oneOf: [{ type: object, required: [toy], properties: { toy: { type: string } } }, { type: object, required: [food], properties: { food: { type: integer } } }] } } }
    Menu: { type: object, required: [meal, size, mood, beast], properties: { meal: { $ref: '#/components/schemas/Meal' }, size: { $ref: '#/components/schemas/Size' }, mood: { $ref: '#/components/schemas/Mood' }, beast: { $ref: '#/components/schemas/Beast' }, ticket: { $ref: '#/components/schemas/Ticket' }, rating: { $ref: '#/components/schemas/Option' }, tables: { type: object, additionalProperties: { type: object, properties: { seats: { type: integer } } } } } }
    Option: { type: object, required: [points], properties: { points: { type: integer, format: int32 } } }
    Meal: { oneOf: [{ $ref: '#/components/schemas/Fruit' }, { oneOf: [{ type: object, required: [bread], properties: { bread: { type: string } } }, { type: object, required: [cake], properties: { cake: { type: string } } }] }] }
    Ticket: { oneOf: [{ type: object, required: [sort, price], properties: { sort: { type: string, enum: [day] }, price: { type: integer } } }, { type: object, required: [sort, holder], properties: { sort: { type: string, enum: [year] }, holder: { type: string } } }] }
    Speech: { type: object, required: [words], properties: { words: { type: string }, stream: { type: boolean } } }
    Fruit: { type: object, required: [fruit], properties: { fruit: { type: string } } }
    Size: { oneOf: [{ type: boolean }, { type: integer, format: int32 }] }
    Mood: { anyOf: [{ type: string, enum: [calm, wild] }, { type: string }] }
    Kind: { type: string, enum: [school, family] }
    Beast: { oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }] }
    Cat: { type: object, required: [type, lives], properties: { type: { type: string }, lives: { type: integer } } }
    Dog: { type: object, required: [type, tricks], properties: { type: { type: string }, tricks: { type: integer } } }
";

/// What is edited, and the lines that say what it means: level, item and change, then both effects on the wire.
pub const ROWS: &[super::Row] = &[
    (
        "a property of a member without a name",
        "cup: { type: string },",
        "cup: { type: string }, year: { type: integer },",
        &["minor models::PrizeCup.year is new; works, depends"],
    ),
    (
        "another type in a member without a name",
        "money: { type: integer }",
        "money: { type: string }",
        &["major models::PrizeMoney.money has another type; depends, depends"],
    ),
    (
        "a value in a member without a name",
        "enum: [first, second]",
        "enum: [first, second, third]",
        &["minor models::PrizeCupLevel::Third is new; works, depends"],
    ),
    (
        "a deprecated part of a member without a name",
        "cup: { type: string }",
        "cup: { type: string, deprecated: true }",
        &["minor models::PrizeCup.cup is deprecated; works, works"],
    ),
    (
        "a member of a member",
        "cake: { type: string }",
        "cake: { type: string }, cream: { type: boolean }",
        &["minor models::MealCake.cream is new; works, works"],
    ),
    (
        "a further member of a property",
        "gift: { oneOf: [",
        "gift: { oneOf: [{ type: object, required: [medal], properties: { medal: { type: string } } }, ",
        &["minor models::VisitGift::Medal is new; works, depends"],
    ),
    (
        "a wider number among others",
        "{ type: boolean }, { type: integer, format: int32 }",
        "{ type: boolean }, { type: integer, format: int64 }",
        &["major models::Size::Integer has another type; depends, works"],
    ),
    (
        "a value of an open list",
        "enum: [calm, wild]",
        "enum: [calm, sad, wild]",
        &["minor models::Mood::Sad is new; works, works"],
    ),
    (
        "what tells apart is a word of Rust",
        "Dog' }] }",
        "Dog' }], discriminator: { propertyName: type } }",
        &["major models::Cat is told apart otherwise"],
    ),
    (
        "an operation and what is called after it",
        "operationId: getShow",
        "operationId: readShow",
        &["major Api::get_show has another name; works, works"],
    ),
    (
        "a union whose members are called after it",
        "Prize",
        "Award",
        &["major models::Prize has another name; works, works"],
    ),
    (
        "a property that Rust calls otherwise",
        "note: { type: string }",
        "note: { type: string, x-rust-name: remark }",
        &["major models::Visit.note has another name; works, works"],
    ),
    (
        "a value that Rust calls otherwise",
        "enum: [school, family] }",
        "enum: [school, family], x-rust-names: { school: Class } }",
        &["major models::Kind::School has another name; works, works"],
    ),
    (
        "two servers change places",
        "{ url: 'https://zoo.example' }, { url: 'https://zoo.test' }",
        "{ url: 'https://zoo.test' }, { url: 'https://zoo.example' }",
        &["silent servers::DEFAULT has another value; fails, fails"],
    ),
    (
        "an operation that is served elsewhere",
        "operationId: getVisit\n",
        "operationId: getVisit\n      servers: [{ url: 'https://visits.example', x-rust-name: visits }]\n",
        &["silent servers::VISITS is new; fails, fails"],
    ),
    (
        "a key for all, where each has its own",
        "paths:\n",
        "security: [{ key: [] }]\npaths:\n",
        &["patch security changes; works, works"],
    ),
    (
        "a form beside JSON",
        "operationId: addVisit\n      security: [{ key: [] }]\n      requestBody: { required: true, content: { ",
        "operationId: addVisit\n      security: [{ key: [] }]\n      requestBody: { required: true, content: { multipart/form-data: { schema: { type: object, required: [photo], properties: { photo: { type: string, format: binary } } } }, ",
        &["minor Api::add_visit_from_multipart is new; works, depends"],
    ),
    (
        "a representation goes",
        ", text/csv: { schema: { type: string } }",
        "",
        &["major Api::get_show_as_csv is gone; fails, works"],
    ),
    (
        "a webhook goes",
        "  animalGone: { post: { requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Visit' } } } }, responses: { '204': { description: Heard. } } } }\n",
        "",
        &["major webhooks::Webhooks::animal_gone is gone; depends, depends"],
    ),
    (
        "a callback comes",
        "operationId: addVisit\n",
        "operationId: addVisit\n      callbacks: { over: { '{$request.query.url}': { post: { requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Visit' } } } }, responses: { '204': { description: Heard. } } } } } }\n",
        &["minor webhooks::Webhooks::add_visit_over is new; works, depends"],
    ),
    (
        "a variable that one operation has",
        "visitId",
        "id",
        &["patch Api::get_visit calls a variable of its route otherwise; works, works"],
    ),
    (
        "what is not shown",
        "note: { type: string }",
        "note: { type: string, format: password }",
        &["patch Visit.note has a new `format`; works, works"],
    ),
    (
        "the servers of all, written at a path",
        "  /talk:\n",
        "  /talk:\n    servers: [{ url: 'https://zoo.example' }, { url: 'https://zoo.test' }]\n",
        &["patch the document says the same in other words; works, works"],
    ),
    (
        "a parameter of an operation that Rust calls otherwise",
        "[{ name: times,",
        "[{ name: loud, in: query, schema: { type: boolean } }, { name: times,",
        &["minor params::Ring.loud is new; works, depends"],
    ),
    (
        "a part of a schema that Rust calls otherwise",
        "points: { type: integer, format: int32 }",
        "points: { type: integer, format: int64 }",
        &["major models::OptionModel.points has another type; depends, works"],
    ),
    (
        "a part of what a map holds",
        "seats: { type: integer }",
        "seats: { type: integer }, rows: { type: integer }",
        &["minor models::MenuTablesValue.rows is new; works, works"],
    ),
    (
        "an enum becomes a number",
        "type: string, enum: [school, family]",
        "type: integer, enum: [1, 2]",
        &["major models::Kind is something else; fails, depends"],
    ),
    (
        "a component that may be null",
        "enum: [school, family] }",
        "enum: [school, family], nullable: true }",
        &["major models::Visit.kind has another type; depends, depends"],
    ),
    (
        "an answer where there was none",
        "{ description: Rung. }",
        "{ description: Rung., content: { application/json: { schema: { $ref: '#/components/schemas/Fruit' } } } }",
        &["major Api::ring has another type; works, fails"],
    ),
    (
        "a body that is another component",
        "schema: { type: object, required: [words], properties: { words: { type: string }, stream: { type: boolean } } } } } }",
        "schema: { $ref: '#/components/schemas/Speech' } } } }",
        &["major Api::talk takes other arguments; works, works"],
    ),
    (
        "a property that asks for a stream",
        "operationId: talk\n",
        "operationId: talk\n      x-stream-flag: stream\n",
        &["major models::TalkBody.stream is gone; fails, works"],
    ),
    (
        "a parameter that Rust calls otherwise",
        "{ name: mode, in: query,",
        "{ name: mode, in: query, x-rust-name: way,",
        &["major params::GetShow.mode has another name; works, works"],
    ),
    (
        "a variable of a path that Rust calls otherwise",
        "name: visitId, in: path,",
        "name: visitId, in: path, x-rust-name: id,",
        &["patch Api::get_visit calls an argument otherwise; works, works"],
    ),
    (
        "a property that Rust calls otherwise, with its members",
        "gift: { oneOf:",
        "gift: { x-rust-name: present, oneOf:",
        &["major models::Visit.gift has another name; works, works"],
    ),
    (
        "another value tells a member without a name",
        "enum: [day]",
        "enum: [week]",
        &["major models::TicketDay has another name; works, works"],
    ),
    (
        "a member without a name is called after one more property",
        "required: [money], properties: { money: { type: integer } }",
        "required: [money, coins], properties: { coins: { type: integer }, money: { type: integer } }",
        &["major models::PrizeCoinsAndMoney.coins is new; depends, depends"],
    ),
    (
        "a webhook is sent with another method",
        "animalGone: { post:",
        "animalGone: { put:",
        &["silent webhooks::Webhooks::animal_gone is received at another route; fails, fails"],
    ),
    (
        "a webhook comes, with what it says",
        "  animalGone:",
        "  animalFed: { post: { requestBody: { required: true, content: { application/json: { schema: { type: object, required: [food], properties: { food: { type: string } } } } } }, responses: { '204': { description: Heard. } } } }\n  animalGone:",
        &["silent webhooks::Webhooks::animal_fed is new; depends, depends"],
    ),
    (
        "a required property that is only sent",
        "guests: { type: integer }",
        "guests: { type: integer, writeOnly: true }",
        &["major models::VisitRequest is new; fails, works"],
    ),
    (
        "modules that are written by hand",
        "info: { title: Zoo,",
        "info: { x-rust-modules: [extras], title: Zoo,",
        &["minor extras is new; works, works"],
    ),
    (
        "a parameter with values becomes a list of them",
        "schema: { type: string, enum: [short, long] }",
        "schema: { type: array, items: { type: string, enum: [short, long] } }",
        &["major params::GetShow.mode has another type; depends, depends"],
    ),
];
