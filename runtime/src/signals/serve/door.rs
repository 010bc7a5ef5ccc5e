//! Who a request comes from.

#[cfg(feature = "daemon")]
use std::sync::Arc;

use tonic::{Request, Status, service::Interceptor};

#[cfg(feature = "daemon")]
use super::{tokens::Tokens, turned::TurnedAway};
use crate::signals::Client;

/// Puts the client into each request, or turns it away.
#[derive(Clone, Debug)]
pub(super) enum Door {
    /// There is one client only behind it.
    Of(Client),
    /// Each request brings the token of its client.
    #[cfg(feature = "daemon")]
    Tokens(Arc<Tokens>, Arc<TurnedAway>),
}

impl Interceptor for Door {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let client = match self {
            Door::Of(client) => client.clone(),
            #[cfg(feature = "daemon")]
            Door::Tokens(tokens, turned) => {
                let header = request.metadata().get("authorization");
                let admitted = tokens.admit(header.map(|value| value.as_encoded_bytes()));
                admitted.inspect_err(|refusal| turned.tell(refusal))?
            }
        };
        request.extensions_mut().insert(client);
        Ok(request)
    }
}

/// The client that the door has put into the request.
pub(in crate::signals) fn client_of<T>(request: &Request<T>) -> Result<Client, Status> {
    let client = request.extensions().get().cloned();
    client.ok_or_else(|| Status::unauthenticated("the request came through no door"))
}
