//! What the compiler refuses.

use vehicle_signal_model::{Client, Error, Options, vehicle};

#[expect(dead_code)]
async fn refused(client: &Client) -> Result<(), Error> {
    let wiping = vehicle().body().windshield().front().wiping().mode();
    vehicle().speed().set(client, 1.0).await?; // refused: no method named `set` found
    vehicle().body().hood().is_open().set(client, 1).await?; // refused: mismatched types
    vehicle().cabin().door_count().subscribe(client, Options::newest()); // refused: no method named `subscribe` found
    client.subscribe((vehicle().cabin().door_count(),), Options::newest()); // refused: cannot be subscribed to
    vehicle().sped(); // refused: no method named `sped` found
    wiping.set(client, "OFF").await?; // refused: mismatched types
    client.batch().set(vehicle().speed(), 1.0)?; // refused: mismatched types
    Ok(())
}

fn main() {}
