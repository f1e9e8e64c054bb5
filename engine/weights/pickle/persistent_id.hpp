#pragma once
// The persistent id of a storage, the same in the zip and in the legacy container:
// ('storage', StorageClass, key, location, numel [, None | (view_key, offset, view_numel)]).

#include "engine/weights/pickle/unpickler.hpp"

namespace fpanet::pickle {

/// The Storage that `id` describes, made on `heap`; throws Error when it is no such tuple.
Object* storage_from_id(const Object& id, Heap& heap, const Where& where);

/// The element type of a storage class; u8 for UntypedStorage. Throws Error for anything else.
ElementType storage_type(const Object& storage_class, const Where& where);

}  // namespace fpanet::pickle
