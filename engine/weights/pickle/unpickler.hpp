#pragma once
// A pickle machine that supports only what saved tensors need: an explicit list of opcodes
// (pickle/unpickler.cpp) and of globals (pickle/globals.hpp). Everything else is refused with its
// name and byte offset; nothing is executed. Reference for the opcodes: Python's pickletools.

#include <functional>
#include <string>
#include <string_view>

#include "engine/weights/pickle/object.hpp"
#include "engine/weights/pickle/where.hpp"

namespace fpanet::pickle {

/// Resolves a persistent id (BINPERSID), which stands for a storage or a tensor, to an object of
/// the heap.
using PersistentLoad = std::function<Object*(const Object& id, const Where& where)>;

struct Unpickled {
  Object* root = nullptr;
  std::size_t end = 0;  ///< position after STOP
};

/// Runs the pickle that begins at byte `begin` of `bytes`. Strings in the result point into
/// `bytes`. `name` denotes the bytes in messages: "m.pth: data.pkl". Throws Error for anything that
/// is not on the lists, is malformed or exceeds the limits of pickle/limits.hpp.
Unpickled unpickle(std::string_view bytes, std::size_t begin, const std::string& name, Heap& heap,
                   const PersistentLoad& persistent_load);

/// A PersistentLoad for pickles that must not contain tensors.
Object* refuse_persistent_ids(const Object& id, const Where& where);

}  // namespace fpanet::pickle
