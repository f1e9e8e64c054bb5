#pragma once

namespace fpanet {

/// Opens those of the file descriptors 0, 1 and 2 that are closed, so that no other file gets one of
/// these numbers and then receives what is printed. Standard input is then empty, messages to
/// standard error are dropped, and output to standard output fails, because results must not get
/// lost silently. Call it before any file is opened.
void open_standard_streams();

}  // namespace fpanet
