//! `vehicle-edge access audit [APP]`: what was denied.

use anyhow::Result;
use clap::Args;

use crate::{
    api::wire::AuditReply,
    app::AppId,
    cli::{
        client::Client,
        output::{Output, age, print_table, table},
    },
};

#[derive(Debug, Args)]
#[command(after_help = "\
Equal denials within a minute are one row with a count.

Examples:
  vehicle-edge access audit
  vehicle-edge access audit my-app --output json")]
pub(crate) struct Audit {
    /// Id of the app; everybody without it
    #[arg(value_name = "APP")]
    app: Option<AppId>,
    #[command(flatten)]
    output: Output,
}

impl Audit {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let query: Vec<(&str, &str)> = self.app.iter().map(|app| ("app", app.as_str())).collect();
        let reply: AuditReply = client.get("/api/access/audit", &query).await?;
        if reply.lost > 0 {
            eprintln!("{} more denials found no room and were not written down", reply.lost);
        }
        self.output.many(&reply.denials, || {
            let mut rows = table(&["LAST", "COUNT", "WHO", "ACCESS", "SIGNAL"]);
            for denial in &reply.denials {
                rows.add_row([
                    format!("{} ago", age(denial.last_at)),
                    denial.count.to_string(),
                    denial.who.clone(),
                    denial.access.clone(),
                    denial.path.clone(),
                ]);
            }
            print_table(&rows);
        })
    }
}
