#pragma once
// A pickle machine that knows only what saved tensors need: an explicit list of opcodes (here) and
// of globals (pickle/globals.hpp). Everything else is refused by name and byte offset; nothing is
// executed. Opcodes: Python's pickletools.

#include <functional>
#include <string>
#include <string_view>

#include "engine/weights/pickle/object.hpp"
#include "engine/weights/pickle/where.hpp"

namespace fpanet::pickle {

/// Resolves a persistent id (BINPERSID), a tensor's storage or a tensor; returns an object of the
/// heap.
using PersistentLoad = std::function<Object*(const Object& id, const Where& where)>;

struct Unpickled {
  Object* root = nullptr;
  std::size_t end = 0;  ///< position after STOP
};

/// Runs the pickle that begins at byte `begin` of `bytes`. Texts of the result point into `bytes`.
/// `name` stands for the bytes in messages: "m.pth: data.pkl". Throws Error for anything that is
/// not on the lists, is malformed or exceeds pickle/limits.hpp.
Unpickled unpickle(std::string_view bytes, std::size_t begin, const std::string& name, Heap& heap,
                   const PersistentLoad& persistent_load);

/// A PersistentLoad for pickles that must not hold tensors.
Object* refuse_persistent_ids(const Object& id, const Where& where);

}  // namespace fpanet::pickle
