//! What outside clients must bring to the TCP port: nothing, or TLS, or a token, or both.

use std::sync::Arc;

use super::{
    door::Door,
    key::KeyError,
    tls::{Tls, TlsError, TlsFiles},
    tokens::{TokenFiles, Tokens},
    turned::TurnedAway,
};
use crate::signals::{Broker, Client};

/// A cheap handle; all clones are the same gate.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    pub(super) tls: Option<Arc<Tls>>,
    tokens: Option<Arc<Tokens>>,
}

#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Gate {
    pub fn load(tls: Option<TlsFiles>, tokens: Option<TokenFiles>) -> Result<Gate, GateError> {
        let tls = tls.map(Tls::load).transpose()?.map(Arc::new);
        let tokens = tokens.map(Tokens::load).transpose()?.map(Arc::new);
        Ok(Gate { tls, tokens })
    }

    /// Reads certificates and keys anew. What is wrong stays as it was.
    pub fn reload(&self) -> Result<(), GateError> {
        let tls = self.tls.as_ref().map_or(Ok(()), |tls| tls.reload());
        let tokens = self.tokens.as_ref().map_or(Ok(()), |tokens| tokens.reload());
        tls?;
        Ok(tokens?)
    }

    /// Whether there is nothing to bring.
    pub fn is_open(&self) -> bool {
        self.tls.is_none() && self.tokens.is_none()
    }

    /// The door of one port. Who is turned away there is told to the broker's audit.
    pub(super) fn door(&self, broker: &Broker) -> Door {
        match &self.tokens {
            Some(tokens) => Door::Tokens(tokens.clone(), Arc::new(TurnedAway::new(broker.clone()))),
            None => Door::Of(Client::outside()),
        }
    }
}
