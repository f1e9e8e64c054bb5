#pragma once
// What REDUCE, NEWOBJ and BUILD mean for the globals of the allow-list: plain data from plain data.

#include "engine/weights/pickle/object.hpp"
#include "engine/weights/pickle/where.hpp"

namespace fpanet::pickle {

/// The object that global(*args) stands for; throws Error when the arguments
/// are not those that PyTorch writes.
Object* call(const Global& global, const Tuple& args, Heap& heap, const Where& where);

/// Applies a BUILD state to `object`: a Parameter gets its tensor, an OrderedDict's attributes
/// (`_metadata`) are dropped; anything else is refused.
void build(Object& object, const Object& state, const Where& where);

}  // namespace fpanet::pickle
