//! What the compiler refuses of signals whose values have members.

use vehicle_signal_model::{Client, Error, Options, cart};

#[expect(dead_code)]
async fn refused(client: &Client) -> Result<(), Error> {
    let place = cart().load().left().origin();
    place.get(client).await?; // refused: cannot carry values of type
    place.subscribe(client, Options::newest()); // refused: cannot carry values of type
    client.get((cart().route(),)).await?; // refused: cannot carry values of type
    Ok(())
}

fn main() {}
