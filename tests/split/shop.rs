//! A client and a router of one tag, and of all.

use shop::models::{Order, Pet, PetPage};
use shop::params::ListPets;
use shop::prelude::*;
use shop::{Client, DynApi, Error, Response, Result, StatusCode, impl_rest, server};

/// Implements one tag only.
#[derive(Clone)]
struct Pets;

impl PetsApi for Pets {
    async fn list_pets(&self, query: &ListPets) -> Result<Response<PetPage>> {
        let mut page = PetPage::new(vec![Pet::new(query.cursor.as_deref().unwrap_or("first"), "Rex")]);
        page.next = query.cursor.is_none().then(|| "second".to_owned());
        Ok(page.into())
    }
}

impl_rest!(Pets: PetsApi);

/// A client of a router on loopback.
async fn client(router: server::axum::Router) -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { server::axum::serve(listener, router).await.unwrap() });
    Client::builder().base_url(url).build().unwrap()
}

#[tokio::test]
async fn a_router_of_one_tag_serves_its_operations_and_no_others() {
    let client = client(server::pets::router(Pets)).await;
    let page = client.list_pets(&ListPets::default().cursor("here")).await.unwrap();
    assert_eq!(page.results[0].id, "here");
    let mut all = client.all_pets(&ListPets::default());
    assert_eq!(all.try_next().await.unwrap().unwrap().id, "first");
    assert_eq!(all.try_next().await.unwrap().unwrap().id, "second");
    let failed = client.create_order(&Order::new(Vec::new())).await.unwrap_err();
    assert_eq!(failed.api().unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(server::pets::left_out::<Pets>(), ["get_pet"]);
}

#[tokio::test]
async fn a_router_of_all_tags_has_what_is_written_and_says_what_is_not() {
    fn is_api(_: &impl Api) {}
    is_api(&Pets);
    let client = client(server::router(Pets)).await;
    is_api(&client);
    assert_eq!(client.list_pets(&ListPets::default()).await.unwrap().results[0].name, "Rex");
    let failed = client.create_order(&Order::new(Vec::new())).await.unwrap_err();
    assert_eq!(failed.api().unwrap().status(), StatusCode::NOT_IMPLEMENTED);
    assert!(matches!(Pets.create_order(&Order::new(Vec::new())).await, Err(Error::NotImplemented { .. })));
    assert_eq!(server::left_out::<Pets>(), ["get_pet", "create_order", "put_photo"]);
}

/// A shop that was chosen at run time does what each tag can do.
#[tokio::test]
async fn one_type_holds_clients_and_fakes() {
    let client = client(server::router(DynApi::new(Pets))).await;
    for api in [DynApi::new(Pets), DynApi::new(client)] {
        let page = api.list_pets(&ListPets::default().cursor("here")).await.unwrap();
        assert_eq!(page.results[0].id, "here");
        let mut all = api.all_pets(&ListPets::default());
        assert_eq!(all.try_next().await.unwrap().unwrap().id, "first");
        assert_eq!(all.try_next().await.unwrap().unwrap().id, "second");
        let failed = api.create_order(&Order::new(Vec::new())).await.unwrap_err();
        let is_left_out = match &failed {
            Error::NotImplemented { name } => *name == "create_order",
            failed => failed.api().unwrap().status() == StatusCode::NOT_IMPLEMENTED,
        };
        assert!(is_left_out, "{failed:?}");
    }
}
