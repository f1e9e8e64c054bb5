#pragma once

#include "engine/core/device.hpp"

namespace fpanet {

/// A named range of host time for Nsight Systems (NVTX), from construction to destruction. Ranges
/// nest. Does nothing if the context is the CPU.
class ProfileRange {
 public:
  ProfileRange(const Context& context, const char* name);
  ~ProfileRange();
  ProfileRange(const ProfileRange&) = delete;
  ProfileRange& operator=(const ProfileRange&) = delete;

 private:
  bool open_;
};

}  // namespace fpanet
