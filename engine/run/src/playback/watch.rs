//! Files that change under a playback: the folders of the scene's files are watched, since an editor may put a new file in the
//! place of the old one. Says that something changed, not what: the player looks for itself.

use super::Command;
use super::inbox::Inbox;
use notify_debouncer_full::notify::{EventKind, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// An editor that empties a file before it writes it is done by then.
const SETTLES_IN: Duration = Duration::from_millis(100);

/// Dropped, it watches no more.
pub struct Watch {
    _watcher: Debouncer<RecommendedWatcher, RecommendedCache>,
}

impl Watch {
    /// Sends [`Command::FilesChanged`] whenever one of `files` may be another one.
    pub fn begin(files: &[PathBuf], inbox: Arc<Inbox>) -> Result<Watch, String> {
        let mut folders = BTreeSet::new();
        let mut names = BTreeSet::new();
        for file in files {
            let behind_links = file.canonicalize().unwrap_or_else(|_| file.clone());
            for path in [file, &behind_links] {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                folders.insert(folder.to_path_buf());
                names.extend(path.file_name().map(ToOwned::to_owned));
            }
        }
        let tell = move |result: DebounceEventResult| {
            let concerns = |path: &PathBuf| path.file_name().is_some_and(|name| names.contains(name));
            let changed = match result {
                // Our own reading opens the files.
                Ok(events) => events.iter().any(|event| !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(concerns)),
                // Something was lost on the way: better look once too often.
                Err(_) => true,
            };
            if changed {
                // Refused where nobody plays any more, or where it is asked for already.
                let _ = inbox.send(Command::FilesChanged);
            }
        };
        let mut watcher = new_debouncer(SETTLES_IN, None, tell).map_err(|error| error.to_string())?;
        for folder in folders {
            watcher.watch(&folder, RecursiveMode::NonRecursive).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        Ok(Watch { _watcher: watcher })
    }
}
