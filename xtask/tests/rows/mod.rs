//! Changes of a document, and what is to be said of them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

mod kennel;
mod library;
mod shop;
mod zoo;

/// A title, what is edited, what it becomes, and the lines that say what it means: level, item and change, then both effects
/// on the wire.
pub type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// Documents, each with its rows.
pub const ALL: [(&str, &str, &[Row]); 5] = [
    ("pets", BASE, ROWS),
    ("shop", shop::BASE, shop::ROWS),
    ("library", library::BASE, library::ROWS),
    ("kennel", kennel::BASE, kennel::ROWS),
    ("zoo", zoo::BASE, zoo::ROWS),
];

/// What every row edits.
pub const BASE: &str = "
openapi: 3.0.3
info: { title: Pets, version: '1' }
servers: [{ url: 'https://pets.example/v1' }]
paths:
  /pets/{petId}:
    get:
      operationId: getPet
      parameters:
        - { name: petId, in: path, required: true, schema: { type: string } }
        - { name: verbose, in: query, schema: { type: boolean } }
      responses:
        '200': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
  /pets:
    post:
      operationId: addPet
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: '#/components/schemas/NewPet' } } }
      responses:
        '201': { description: Added., content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
components:
  schemas:
    Pet:
      type: object
      required: [id, place]
      properties:
        id: { type: string }
        kind: { $ref: '#/components/schemas/Kind' }
        place: { $ref: '#/components/schemas/Place' }
    NewPet:
      type: object
      required: [name]
      properties:
        name: { type: string, maxLength: 40 }
        food: { type: string, default: fish }
        kind: { $ref: '#/components/schemas/Kind' }
    Place:
      type: object
      required: [latitude, longitude]
      properties:
        latitude: { type: number }
        longitude: { type: number }
    Kind: { type: string, enum: [cat, dog] }
";

/// What is edited, and the lines that say what it means: level, item and change, then both effects on the wire.
pub const ROWS: &[Row] = &[
    (
        "an operation comes",
        "components:\n",
        "  /rest: { get: { operationId: getRest, responses: { '204': { description: Rest. } } } }\ncomponents:\n",
        &["minor Api::get_rest is new; works, fails"],
    ),
    (
        "an operation has another id",
        "operationId: getPet",
        "operationId: fetchPet",
        &["major Api::get_pet has another name; works, works"],
    ),
    (
        "an operation has another path",
        "  /pets:\n",
        "  /animals:\n",
        &["silent Api::add_pet asks another route; fails, fails"],
    ),
    (
        "an optional parameter comes",
        "- { name: verbose,",
        "- { name: limit, in: query, schema: { type: integer } }\n        - { name: verbose,",
        &["minor params::GetPet.limit is new; works, depends"],
    ),
    (
        "a parameter moves",
        "name: verbose, in: query",
        "name: verbose, in: header",
        &["silent getPet(verbose) is sent elsewhere; fails, fails"],
    ),
    (
        "a parameter has another type",
        "name: verbose, in: query, schema: { type: boolean }",
        "name: verbose, in: query, schema: { type: integer }",
        &["major params::GetPet.verbose has another type"],
    ),
    (
        "an optional property that is sent",
        "name: { type: string, maxLength: 40 }",
        "name: { type: string, maxLength: 40 }\n        note: { type: string }",
        &["minor models::NewPet.note is new; works, depends"],
    ),
    (
        "a required property that is sent",
        "required: [name]\n      properties:",
        "required: [name, note]\n      properties:\n        note: { type: string }",
        &["major models::NewPet.note is new; fails, depends"],
    ),
    (
        "an optional property that is received",
        "id: { type: string }\n",
        "id: { type: string }\n        born: { type: string }\n",
        &["minor models::Pet.born is new; works, works"],
    ),
    (
        "a property of another type",
        "id: { type: string }",
        "id: { type: integer }",
        &["major models::Pet.id has another type; depends, depends"],
    ),
    (
        "a property that goes",
        "        kind: { $ref: '#/components/schemas/Kind' }\n        place",
        "        place",
        &["major models::Pet.kind is gone; works, works"],
    ),
    (
        "a property becomes optional",
        "required: [id, place]",
        "required: [place]",
        &["major models::Pet.id has another type; fails, works"],
    ),
    (
        "a property has another name on the wire",
        "latitude",
        "Latitude",
        &["silent models::Place.latitude is something else on the wire"],
    ),
    (
        "another default",
        "default: fish",
        "default: milk",
        &["silent NewPet.food has another `default`; depends, depends"],
    ),
    (
        "a value comes",
        "enum: [cat, dog]",
        "enum: [cat, dog, bird]",
        &["minor models::Kind::Bird is new; works, depends"],
    ),
    ("a value goes", "enum: [cat, dog]", "enum: [cat]", &["major models::Kind::Dog is gone; fails, works"]),
    (
        "a tighter limit has no type in Rust",
        "maxLength: 40",
        "maxLength: 20",
        &["patch NewPet.name has another `maxLength`; fails, works"],
    ),
    (
        "a looser limit",
        "maxLength: 40",
        "maxLength: 80",
        &["patch NewPet.name has another `maxLength`; works, fails"],
    ),
    (
        "a server elsewhere",
        "pets.example/v1",
        "pets.example/v2",
        &["silent servers::DEFAULT has another value; fails, fails"],
    ),
    (
        "deprecated",
        "operationId: addPet",
        "deprecated: true\n      operationId: addPet",
        &["minor Api::add_pet is deprecated; works, works"],
    ),
    (
        "words",
        "description: Added.",
        "description: It was added.",
        &["patch descriptions of the document change; works, works"],
    ),
    (
        "a variable of a path has another name",
        "petId",
        "id",
        &["patch Api::get_pet calls a variable of its route otherwise; works, works"],
    ),
    (
        "another error",
        "'201': { description: Added.",
        "'409': { description: There. }\n        '201': { description: Added.",
        &["patch addPet answer has a new `409`; works, works"],
    ),
    (
        "the last required property goes, and the constructor with it",
        "      required: [name]\n",
        "",
        &["major models::NewPet.name has another type; works, fails"],
    ),
    (
        "the first required parameter takes `Default` away",
        "- { name: verbose, in: query, schema",
        "- { name: verbose, in: query, required: true, schema",
        &["major params::GetPet.verbose has another type; fails, works"],
    ),
    (
        "a list is spelled otherwise",
        "verbose, in: query, schema: { type: boolean }",
        "verbose, in: query, explode: false, schema: { type: array, items: { type: string } }",
        &["major params::GetPet.verbose has another type; fails, fails"],
    ),
    (
        "an operation goes",
        "  /pets:\n    post:\n",
        "  /pets:\n    x-post:\n",
        &["major Api::add_pet is gone; fails, works"],
    ),
    (
        "a required parameter comes",
        "- { name: verbose,",
        "- { name: limit, in: query, required: true, schema: { type: integer } }\n        - { name: verbose,",
        &["major params::GetPet.limit is new; fails, depends"],
    ),
    (
        "a parameter goes",
        "        - { name: verbose, in: query, schema: { type: boolean } }\n",
        "",
        &["major Api::get_pet takes other arguments; depends, works"],
    ),
    (
        "a body becomes optional",
        "        required: true\n        content",
        "        content",
        &["major Api::add_pet takes other arguments"],
    ),
    (
        "a property may be null",
        "food: { type: string, default: fish }",
        "food: { type: string, default: fish, nullable: true }",
        &["major models::NewPet.food has another type; works, fails"],
    ),
    (
        "a received property becomes required",
        "required: [id, place]",
        "required: [id, place, kind]",
        &["major models::Pet.kind has another type; works, fails"],
    ),
    (
        "another status of success",
        "'201':",
        "'200':",
        &["patch addPet answer has another status; works, works"],
    ),
    (
        "an answer of another type",
        "'201': { description: Added., content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }",
        "'201': { description: Added., content: { application/json: { schema: { $ref: '#/components/schemas/Place' } } } }",
        &["major Api::add_pet has another type"],
    ),
    (
        "an enum becomes text",
        "Kind: { type: string, enum: [cat, dog] }",
        "Kind: { type: string }",
        &["major models::Kind is something else"],
    ),
    ("the title", "title: Pets", "title: Animals", &["major Pets has another name; works, works"]),
    (
        "a schema has another name",
        "Place",
        "Location",
        &["major models::Place has another name; works, works"],
    ),
];

/// Writes a base and each row's document into a folder, called after the row.
#[allow(dead_code, reason = "those who only read rows have it, too")]
pub fn write(
    folder: &Path,
    (name, base, rows): (&str, &str, &[Row]),
    wanted: impl Fn(&str) -> bool,
) -> (PathBuf, Vec<PathBuf>) {
    fs::create_dir_all(folder).unwrap();
    let file = |title: &str, text: &str| {
        let path = folder.join(format!("{}.yaml", title.replace([' ', ','], "-")));
        fs::write(&path, text).unwrap();
        path
    };
    let rows = rows.iter().filter(|(title, ..)| wanted(title));
    (file(name, base), rows.map(|(title, from, to, _)| file(title, &base.replace(from, to))).collect())
}
