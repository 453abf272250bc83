//! What the box itself says is plugged in: `show lldp neighbors`, its `detail`, and `show cdp neighbors detail`, where a
//! terminal log holds them among other commands.

use crate::model::Neighbour;
use crate::source::session::without_stamp;
use crate::source::{FileId, Spanned};
use crate::syntax::indent::raw_lines;

/// Most neighbours of a box.
const MOST: usize = 4_096;

/// Every neighbour that the log shows, in its order.
pub fn read(text: &str, file: FileId) -> Vec<Neighbour> {
    let mut out = Vec::new();
    let mut table = false;
    let mut detail = Detail::default();
    for line in raw_lines(text, file).into_iter().map(without_stamp) {
        if out.len() >= MOST {
            break;
        }
        let words: Vec<&str> = line.text.split_whitespace().collect();
        match words.as_slice() {
            ["Device", "ID", "Local", "Intf", ..] => table = true,
            // A name that fills its column leaves no blank before the port.
            [device, port, held, between @ .., far]
                if table && held.parse::<u32>().is_ok() && port.contains('/') =>
            {
                let port = Spanned::new((*port).to_owned(), line.span);
                // `gigabitethernet 1/0/25` has a blank in its name.
                let kind =
                    between.last().filter(|w| w.len() > 4 && w.chars().all(|c| c.is_ascii_alphabetic()));
                let far_port = match kind {
                    Some(kind) => Some(format!("{kind} {far}")),
                    None => Some((*far).to_owned()),
                };
                let far_port = far_port.filter(|f| is_port(f));
                out.push(Neighbour { port, device: (*device).to_owned(), far_port });
            }
            [] => {}
            _ => {
                table = false;
                out.extend(detail.line(line.text.trim(), line.span));
            }
        }
    }
    out
}

/// The two halves of an entry of a detailed listing, in either order.
#[derive(Default)]
struct Detail {
    port: Option<Spanned<String>>,
    device: Option<String>,
    far_port: Option<String>,
}

impl Detail {
    fn line(&mut self, text: &str, span: crate::source::Span) -> Option<Neighbour> {
        if text.starts_with("-----") || text.contains('#') {
            *self = Detail::default();
        }
        let after = |mark: &str| text.strip_prefix(mark).map(str::trim).filter(|v| !v.is_empty());
        if let Some(port) = after("Local Intf:") {
            self.port = Some(Spanned::new(port.to_owned(), span));
        } else if let Some(rest) = after("Interface:") {
            let port = rest.split(',').next().unwrap_or(rest).trim();
            self.port = Some(Spanned::new(port.to_owned(), span));
            self.far_port = rest.split_once("(outgoing port):").map(|(_, far)| far.trim().to_owned());
        } else if let Some(far) = after("Port id:").or_else(|| after("Port ID:")) {
            self.far_port = Some(far.to_owned());
        } else if let Some(name) = after("System Name:").or_else(|| after("Device ID:")) {
            self.device = Some(name.to_owned());
        }
        let port = self.port.clone()?;
        let device = self.device.clone()?;
        let far_port = self.far_port.take().filter(|f| is_port(f));
        *self = Detail::default();
        Some(Neighbour { port, device, far_port })
    }
}

/// Whether a port id is a port's name: it may be a MAC address as well.
fn is_port(text: &str) -> bool {
    text.contains('/') || text.to_ascii_lowercase().starts_with("port")
}
