//! Network namespaces that cannot outlive the program.
//!
//! A namespace is held by a child (`unshare --net cat`) that ends when its input closes. However this process ends,
//! even killed, the input closes, the child ends, and the kernel takes the namespace with its interfaces away. There
//! are no names to collide and nothing to clean up.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Output, Stdio};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A network namespace of our own.
#[derive(Debug)]
pub struct Space {
    holder: Child,
    handle: File,
}

impl Space {
    /// A new one with nothing in it but `lo`.
    ///
    /// # Errors
    /// No `unshare`, no permission.
    pub fn new() -> io::Result<Space> {
        let mut holder = Command::new("unshare")
            .args(["--net", "cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        match entered(&mut holder) {
            Ok(handle) => Ok(Space { holder, handle }),
            Err(e) => {
                // It may have ended by itself.
                let _ = holder.kill();
                let _ = holder.wait();
                Err(e)
            }
        }
    }

    /// The process that `ip link … netns PID` can name.
    pub fn pid(&self) -> u32 {
        self.holder.id()
    }

    /// Runs something inside. Sockets opened there stay there; programs started there run there.
    ///
    /// # Errors
    /// Entering failed, or `work` did.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        let inside = || {
            move_into_link_name_space(self.handle.as_fd(), Some(LinkNameSpaceType::Network))?;
            work()
        };
        // A thread of its own: the rest of the process never leaves the namespace it started in.
        std::thread::scope(|scope| {
            scope.spawn(inside).join().unwrap_or_else(|_| Err(io::Error::other("the work inside panicked")))
        })
    }

    /// Runs a program inside and gives its output.
    ///
    /// # Errors
    /// It cannot be run, or says that it failed: the error holds what it wrote.
    pub fn run(&self, program: &str, args: &[&str], input: &str) -> io::Result<String> {
        let output = self.within(|| start(program, args, input))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(format!("`{program} {}`: {}", args.join(" "), said.trim())))
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Waits until the holder is inside: what it echoes it echoes from there.
fn entered(holder: &mut Child) -> io::Result<File> {
    let lost = || io::Error::other("`unshare --net` ended: no permission to make network namespaces");
    let (Some(input), Some(output)) = (holder.stdin.as_mut(), holder.stdout.as_mut()) else {
        return Err(lost());
    };
    input.write_all(b"+").and_then(|()| input.flush()).map_err(|_| lost())?;
    let mut echo = [0];
    output.read_exact(&mut echo).map_err(|_| lost())?;
    File::open(format!("/proc/{}/ns/net", holder.id()))
}

fn start(program: &str, args: &[&str], input: &str) -> io::Result<Output> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut pipe = child.stdin.take();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // A program that does not read its input to the end says so in its status.
            let _ = pipe.as_mut().map(|p| p.write_all(input.as_bytes()));
        });
        child.wait_with_output()
    })
}
