#include <nvtx3/nvToolsExt.h>

#include "engine/core/profile_range.hpp"

namespace fpanet {

ProfileRange::ProfileRange(const Context& context, const char* name)
    : open_(std::holds_alternative<Cuda>(context)) {
  if (open_) nvtxRangePushA(name);
}

ProfileRange::~ProfileRange() {
  if (open_) nvtxRangePop();
}

}  // namespace fpanet
