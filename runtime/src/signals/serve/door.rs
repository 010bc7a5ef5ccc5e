//! Who a request comes from.

use tonic::{Request, Status, service::Interceptor};

use crate::signals::Client;

/// Puts the client into each request, or turns it away.
#[derive(Clone, Debug)]
pub(super) struct Door {
    client: Client,
}

impl Door {
    /// A door behind which there is one client only.
    pub(super) fn of(client: Client) -> Door {
        Door { client }
    }
}

impl Interceptor for Door {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.extensions_mut().insert(self.client.clone());
        Ok(request)
    }
}

/// The client that the door has put into the request.
pub(in crate::signals) fn client_of<T>(request: &Request<T>) -> Result<Client, Status> {
    let client = request.extensions().get().cloned();
    client.ok_or_else(|| Status::unauthenticated("the request came through no door"))
}
