//! `--provider`: what fills the signals, as a user names it.
//!
//! ```text
//! mock[:PATTERN...]
//! kuksa=HOST:PORT[:PATTERN...][,token=FILE][,ca=FILE]
//! replay=FILE[:PATTERN...][,speed=N][,loop]
//! ```

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use anyhow::{Context, Result, anyhow};
use tokio::net::lookup_host;

use crate::signals::{
    Broker, Part, Pattern,
    kuksa::{Address, Kuksa, Upstream},
    mock::{Mock, MockHandle, Script},
    trace::{Speed, TraceReader, replay::Replay},
};

/// One provider and its signals: all that earlier ones leave, if it names none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Provider {
    kind: Kind,
    patterns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Mock,
    Kuksa(Upstream),
    Replay(Replay),
}

impl Provider {
    /// A mock of everything.
    pub(crate) fn mock() -> Provider {
        Provider { kind: Kind::Mock, patterns: Vec::new() }
    }

    /// Refuses a broker that would mirror itself: each value would go round without end.
    pub(crate) async fn check(&self, own: SocketAddr) -> Result<(), MirrorsItself> {
        let Kind::Kuksa(Upstream { address, .. }) = &self.kind else { return Ok(()) };
        // A host that is not known now may be later; only this machine's are of interest.
        let found = lookup_host(address.to_string()).await;
        match found.is_ok_and(|mut addresses| addresses.any(|address| address == own)) {
            true => Err(MirrorsItself(address.clone())),
            false => Ok(()),
        }
    }

    pub(crate) fn is_mock(&self) -> bool {
        self.kind == Kind::Mock
    }

    /// `script` is what a mock plays; its handle is put with `mocks`.
    pub(crate) fn part(
        &self,
        broker: &Broker,
        script: &Script,
        mocks: &mut Vec<MockHandle>,
    ) -> Result<Part> {
        let patterns = self.patterns.clone();
        Ok(match &self.kind {
            Kind::Mock => {
                let mock = Mock::new(broker, script.clone()).context("--mock")?;
                mocks.push(mock.handle());
                Part::new(mock, patterns)?
            }
            Kind::Kuksa(upstream) => Part::new(Kuksa::new(upstream.clone()), patterns)?,
            Kind::Replay(replay) => {
                // Now and not at its first value, so that a wrong file is noticed.
                TraceReader::open(&replay.file)
                    .map_err(|error| anyhow!("--provider replay: {error}"))?;
                Part::new(replay.clone(), patterns)?
            }
        })
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "--provider kuksa={0}: the runtime's own broker is served there; name another one, or serve \
     the own one elsewhere with --grpc-listen"
)]
pub(crate) struct MirrorsItself(Address);

impl FromStr for Provider {
    type Err = String;

    fn from_str(text: &str) -> Result<Provider, String> {
        let (head, settings) = text.split_once(',').map_or((text, None), |(h, s)| (h, Some(s)));
        if let Some(upstream) = head.strip_prefix("kuksa=") {
            let (address, patterns) = split_address(upstream);
            let address = address.parse::<Address>().map_err(|error| {
                format!("{error}; write kuksa=HOST:PORT or kuksa=HOST:PORT:PATTERN")
            })?;
            let mut upstream = Upstream { address, token: None, ca: None };
            for setting in settings.into_iter().flat_map(|settings| settings.split(',')) {
                match setting.split_once('=') {
                    Some(("token", file)) => upstream.token = Some(PathBuf::from(file)),
                    Some(("ca", file)) => upstream.ca = Some(PathBuf::from(file)),
                    _ => {
                        return Err(format!(
                            "'{setting}' is not known here: token=FILE and ca=FILE are"
                        ));
                    }
                }
            }
            return Ok(Provider { kind: Kind::Kuksa(upstream), patterns: parsed(patterns)? });
        }
        if let Some(trace) = head.strip_prefix("replay=") {
            let (file, patterns) = trace.split_once(':').unwrap_or((trace, ""));
            if file.is_empty() {
                return Err("write replay=FILE, with a recording of 'signals record'".to_owned());
            }
            let mut replay = Replay { file: PathBuf::from(file), ..Replay::default() };
            for setting in settings.into_iter().flat_map(|settings| settings.split(',')) {
                match setting.split_once('=').unwrap_or((setting, "")) {
                    ("speed", speed) => {
                        let speed = speed.parse::<Speed>();
                        replay.speed = speed.map_err(|error| error.to_string())?;
                    }
                    ("loop", "") => replay.repeat = true,
                    _ => {
                        return Err(format!("'{setting}' is not known here: speed=N and loop are"));
                    }
                }
            }
            return Ok(Provider { kind: Kind::Replay(replay), patterns: parsed(patterns)? });
        }
        match (head.split_once(':').unwrap_or((head, "")), settings) {
            (("mock", patterns), None) => {
                Ok(Provider { kind: Kind::Mock, patterns: parsed(patterns)? })
            }
            (("mock", _), Some(setting)) => {
                Err(format!("the mock takes no settings, so not '{setting}'"))
            }
            ((kind, _), _) => {
                let known = "mock, kuksa=HOST:PORT or replay=FILE";
                Err(format!("there is no provider '{kind}': write {known}"))
            }
        }
    }
}

/// The first colon after the host's ends the port. An IPv6 host is in brackets.
fn split_address(text: &str) -> (&str, &str) {
    let host = if text.starts_with('[') { text.find(']').unwrap_or(0) } else { 0 };
    let mut colons = text.match_indices(':').map(|(at, _)| at).filter(|at| *at >= host);
    match colons.nth(1) {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, ""),
    }
}

fn parsed(patterns: &str) -> Result<Vec<String>, String> {
    let patterns = patterns.split(':').filter(|pattern| !pattern.is_empty());
    let check = |pattern: &str| match Pattern::parse(pattern) {
        Ok(_) => Ok(pattern.to_owned()),
        Err(error) => Err(error.to_string()),
    };
    patterns.map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_a_kind_with_its_place_and_its_signals() {
        assert_eq!("mock".parse(), Ok(Provider::mock()));
        let mock: Provider = "mock:Vehicle.Cabin.**:Vehicle.Speed".parse().unwrap();
        assert_eq!(mock.patterns, ["Vehicle.Cabin.**", "Vehicle.Speed"]);
        assert_eq!(mock.kind, Kind::Mock);

        for address in ["localhost:55555", "[::1]:55555", "10.0.0.2:1"] {
            let upstream = Upstream { address: address.parse().unwrap(), token: None, ca: None };
            let kind = Kind::Kuksa(upstream.clone());
            let whole = Provider { kind: kind.clone(), patterns: Vec::new() };
            assert_eq!(format!("kuksa={address}").parse(), Ok(whole));

            let text = format!("kuksa={address}:Vehicle.Body.**:Vehicle.Speed,ca=c.pem,token=/t");
            let part: Provider = text.parse().unwrap();
            assert_eq!(part.patterns, ["Vehicle.Body.**", "Vehicle.Speed"]);
            let upstream =
                Upstream { token: Some("/t".into()), ca: Some("c.pem".into()), ..upstream };
            assert_eq!(part.kind, Kind::Kuksa(upstream));
        }
    }

    #[test]
    fn a_recording_has_a_speed_and_may_begin_again() {
        let once: Provider = "replay=a.trace".parse().unwrap();
        assert_eq!(once.kind, Kind::Replay(Replay { file: "a.trace".into(), ..Replay::default() }));
        let text = "replay=/a.trace:Vehicle.Body.**:Vehicle.Speed,speed=2.5,loop";
        let part: Provider = text.parse().unwrap();
        assert_eq!(part.patterns, ["Vehicle.Body.**", "Vehicle.Speed"]);
        let Kind::Replay(replay) = part.kind else { panic!("{:?}", part.kind) };
        assert_eq!((replay.speed, replay.repeat), ("2.5".parse().unwrap(), true));
        assert!("replay=a,speed=-1".parse::<Provider>().is_err());
    }

    #[tokio::test]
    async fn a_broker_does_not_mirror_itself() {
        let own = "127.0.0.1:55555".parse().unwrap();
        let check = async |text: &str| text.parse::<Provider>().unwrap().check(own).await;
        assert_eq!(check("mock").await, Ok(()));
        assert_eq!(check("kuksa=127.0.0.1:55556").await, Ok(()));
        for itself in ["kuksa=127.0.0.1:55555", "kuksa=localhost:55555:Vehicle.Speed"] {
            let error = check(itself).await.unwrap_err().to_string();
            assert!(error.contains("the runtime's own broker is served there"), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let refused = [
            ("", "there is no provider '': write mock, kuksa=HOST:PORT or replay=FILE"),
            ("kuksa", "there is no provider 'kuksa': write mock, kuksa=HOST:PORT or replay=FILE"),
            ("replay=", "write replay=FILE, with a recording of 'signals record'"),
            ("replay=a,fast", "'fast' is not known here: speed=N and loop are"),
            ("mock,token=x", "the mock takes no settings, so not 'token=x'"),
            (
                "kuksa=localhost",
                "'localhost' is no HOST:PORT, like localhost:55555; write kuksa=HOST:PORT or \
                 kuksa=HOST:PORT:PATTERN",
            ),
            ("kuksa=a:1,key=x", "'key=x' is not known here: token=FILE and ca=FILE are"),
            (
                "kuksa=a:1:Vehicle.B*",
                "'Vehicle.B*' is not a path pattern: 'B*' is neither a name, '*' nor '**' (like \
                 Vehicle.Cabin.*)",
            ),
        ];
        for (text, error) in refused {
            assert_eq!(text.parse::<Provider>(), Err(error.to_owned()), "{text}");
        }
    }
}
