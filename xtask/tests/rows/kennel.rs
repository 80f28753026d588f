//! Changes of one thing that shows at many places.

/// What every row edits.
pub const BASE: &str = "
openapi: 3.0.3
info: { title: Kennel, version: '1' }
servers: [{ url: 'https://kennel.example' }]
paths:
  /dogs:
    get:
      operationId: listDogs
      x-pagination: { style: cursor, items: items, next-token: next, parameter: cursor }
      parameters:
        - { name: petName, in: query, schema: { type: string } }
        - { name: cursor, in: query, schema: { type: string } }
        - { name: mood, in: query, schema: { type: string, enum: [calm, wild] } }
      responses:
        '200': { description: Some., content: { application/json: { schema: { $ref: '#/components/schemas/DogPage' } } } }
        default: { description: Not., content: { application/json: { schema: { $ref: '#/components/schemas/Fault' } } } }
  /dogs/{dogId}:
    get:
      operationId: getDog
      parameters:
        - { name: dogId, in: path, required: true, schema: { type: string } }
      responses:
        '200': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Dog' } } } }
        default: { description: Not., content: { application/json: { schema: { $ref: '#/components/schemas/Fault' } } } }
    put:
      operationId: putNote
      parameters:
        - { name: dogId, in: path, required: true, schema: { type: string } }
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } } }
      responses:
        '200': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Prize' } } } }
  /stays:
    post:
      operationId: addStay
      responses:
        '201': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Stay' } } } }
components:
  schemas:
    Animal: { type: object, required: [id], properties: { id: { type: string } } }
    Dog:
      allOf:
        - { $ref: '#/components/schemas/Animal' }
        - type: object
          required: [marks]
          properties:
            marks: { type: object, additionalProperties: { type: integer } }
            toy: { $ref: '#/components/schemas/Toy' }
    DogPage:
      type: object
      required: [items]
      properties:
        items: { type: array, items: { $ref: '#/components/schemas/Dog' } }
        next: { type: string }
    Toy: { type: object, required: [price], properties: { price: { type: integer }, colour: { type: string }, old: { type: boolean } } }
    Stay: { type: object, required: [nights], properties: { nights: { type: integer }, room: { $ref: '#/components/schemas/Room' } } }
    Room: { type: object, required: [number], properties: { number: { type: integer }, floor: { type: integer } } }
    Note: { type: object, required: [text], properties: { text: { type: string }, by: { type: string } } }
    Prize: { oneOf: [{ $ref: '#/components/schemas/Cup' }, { $ref: '#/components/schemas/Toy' }] }
    Cup: { type: object, required: [size], properties: { size: { type: string } } }
    Fault: { type: object, required: [code], properties: { code: { type: integer } } }
    Lost: { type: object, required: [since], properties: { since: { type: string } } }
";

/// What is edited, and the lines that say what it means: level, item and change, then both effects on the wire.
pub const ROWS: &[super::Row] = &[
    (
        "a parameter that Rust calls the same",
        "name: petName",
        "name: pet-name",
        &["silent params::ListDogs.pet_name is something else on the wire; depends, depends"],
    ),
    (
        "a value within a parameter",
        "enum: [calm, wild]",
        "enum: [calm, sad, wild]",
        &["minor models::ListDogsMood::Sad is new; works, depends"],
    ),
    (
        "what a map holds",
        "additionalProperties: { type: integer }",
        "additionalProperties: { type: string }",
        &["major models::Dog.marks has another type; depends, depends"],
    ),
    (
        "a property of what others are composed of",
        "properties: { id: { type: string } }",
        "properties: { id: { type: string }, age: { type: integer } }",
        &["minor models::Animal.age is new; works, works"],
    ),
    (
        "what a page holds",
        "items: { $ref: '#/components/schemas/Dog' }",
        "items: { $ref: '#/components/schemas/Toy' }",
        &["major models::DogPage.items has another type; fails, fails"],
    ),
    (
        "a header of an answer",
        "'201': { description: It.,",
        "'201': { description: It., headers: { X-Left: { schema: { type: integer } } },",
        &["minor headers is new; works, depends"],
    ),
    (
        "an error of one operation",
        "        '201': {",
        "        '404': { description: Lost., content: { application/json: { schema: { $ref: '#/components/schemas/Lost' } } } }\n        '201': {",
        &["minor ErrorBody::Lost is new; works, works"],
    ),
    (
        "a number that cannot be compared",
        "old: { type: boolean }",
        "old: { type: number }",
        &["major models::Toy.old has another type; depends, depends"],
    ),
    (
        "a body of what was received",
        "      operationId: addStay\n",
        "      operationId: addStay\n      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Stay' } } } }\n",
        &["major Api::add_stay takes other arguments; fails, depends"],
    ),
    ("a schema with another name", "Toy", "Plaything", &["major models::Toy has another name; works, works"]),
    (
        "another status of the same answer",
        "'201':",
        "'200':",
        &["patch addStay answer has another status; works, works"],
    ),
    (
        "a media type with its letters",
        "'201': { description: It., content: { application/json:",
        "'201': { description: It., content: { application/json; charset=utf-8:",
        &["patch addStay answer 201 content is of another media type; works, works"],
    ),
    (
        "a further member of a union",
        "Prize: { oneOf: [{",
        "Prize: { oneOf: [{ type: object, required: [bone], properties: { bone: { type: integer } } }, {",
        &["minor models::Prize::Bone is new; works, works"],
    ),
    (
        "what only a member of a union has",
        "required: [size]",
        "required: []",
        &["major models::Cup.size has another type; depends, works"],
    ),
    (
        "null where there was nothing",
        "required: [text], properties: { text: { type: string }, by: { type: string } }",
        "required: [text, by], properties: { text: { type: string }, by: { type: string, nullable: true } }",
        &["silent Note.by is null where it was absent; depends, depends"],
    ),
    (
        "an operation loses its id",
        "      operationId: addStay\n",
        "",
        &["major Api::add_stay has another name; works, works"],
    ),
    (
        "a further representation",
        "'201': { description: It., content: {",
        "'201': { description: It., content: { text/csv: { schema: { type: string } },",
        &["minor Api::add_stay_as_csv is new; works, depends"],
    ),
    (
        "any other properties",
        "Lost: { type: object,",
        "Lost: { additionalProperties: { type: string }, type: object,",
        &["minor models::Lost.additional_properties is new"],
    ),
    (
        "a default of a property",
        "by: { type: string }",
        "by: { type: string, default: nobody }",
        &["minor models::Note::by_or_default is new; depends, depends"],
    ),
];
