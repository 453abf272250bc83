//! A line on the terminal for everything that takes longer than a second.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::source::{Lang, Msg};

/// Shows what is being done until it is dropped. Silent for a second, and always where nobody watches.
#[derive(Debug)]
pub(super) struct Progress {
    lang: Lang,
    watcher: Option<(Sender<String>, JoinHandle<()>)>,
}

impl Progress {
    pub(super) fn start(wanted: bool, lang: Lang) -> Self {
        let watched = wanted && std::io::stderr().is_terminal();
        let watcher = watched.then(|| {
            let (sender, receiver) = channel::<String>();
            let thread = std::thread::spawn(move || watch(&receiver));
            (sender, thread)
        });
        Progress { lang, watcher }
    }

    /// Names what is being done now.
    pub(super) fn stage(&self, what: &Msg) {
        if let Some((sender, _)) = &self.watcher {
            let _ = sender.send(what.text(self.lang).to_owned());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.watcher.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

fn watch(receiver: &std::sync::mpsc::Receiver<String>) {
    let started = Instant::now();
    let mut stage = String::new();
    let mut shown = false;
    loop {
        match receiver.recv_timeout(Duration::from_secs(1)) {
            Ok(next) => stage = next,
            Err(RecvTimeoutError::Timeout) => {
                shown = true;
                write(&format!("\r\u{1b}[2K{stage} ({} s)", started.elapsed().as_secs()));
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if shown {
        write("\r\u{1b}[2K");
    }
}

fn write(text: &str) {
    let mut err = anstream::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
