// SPDX-License-Identifier: Apache-2.0
// data.mdb as a file: how it comes to be, and what has to be done to it before anything is written.
// Private to the store; the caller holds the store's directory.
#pragma once

#include <string>

#include "trapd/base/error.h"

namespace trapd::journal {

/// Makes data.mdb with its empty tables when there is none (or one of no length), on disk when it
/// returns. Made under another name first: a power cut leaves the whole file or none, never a part
/// of it that no start could open.
Status make_data_file_if_missing(const std::string& directory);

/// Brings LMDB's two meta pages to the disk as everybody sees them now.
///
/// LMDB reports a commit as failed when the last write, that of a meta page, fails; it then puts
/// the former page back, but waits for no disk. The disk may hold the page of the failed commit all
/// the same (Linux reports an error of an earlier fdatasync a second time, through the second
/// descriptor that LMDB has, for a write that went well). The next commit writes its pages where
/// the failed one had put its own; were the power cut then, the disk's meta page would lead into a
/// mixture of both. So: nothing is written before the disk has the meta pages that we go on from.
/// They are written, and not only synced: after a failed fdatasync the kernel takes for clean what
/// did not reach the disk.
Status settle_meta_pages(const std::string& path);

}  // namespace trapd::journal
