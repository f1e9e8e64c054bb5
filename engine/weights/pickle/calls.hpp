#pragma once
// The effect of REDUCE, NEWOBJ and BUILD for the globals of the allow-list. They only build plain
// data from plain data.

#include "engine/weights/pickle/object.hpp"
#include "engine/weights/pickle/where.hpp"

namespace fpanet::pickle {

/// The object for global(*args). Throws Error if the arguments are not those that PyTorch writes.
Object* call(const Global& global, const Tuple& args, Heap& heap, const Where& where);

/// Applies a BUILD state to `object`. A Parameter gets its tensor; the attributes of an OrderedDict
/// (`_metadata`) are kept apart from its items; any other object is refused.
void build(Object& object, const Object& state, const Where& where);

}  // namespace fpanet::pickle
