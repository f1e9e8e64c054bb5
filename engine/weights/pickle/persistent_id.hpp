#pragma once
// The persistent id of a storage, which is the same in the zip and the legacy container:
// ('storage', StorageClass, key, location, numel [, None | (view_key, offset, view_numel)]).

#include "engine/weights/pickle/unpickler.hpp"

namespace fpanet::pickle {

/// Creates the Storage that `id` describes on `heap`. Throws Error if `id` is not such a tuple.
Object* storage_from_id(const Object& id, Heap& heap, const Where& where);

/// The element type of a storage class; u8 for UntypedStorage. Throws Error for anything else.
ElementType storage_type(const Object& storage_class, const Where& where);

}  // namespace fpanet::pickle
