# Cross-compiles for 64-bit Arm with Debian's compiler. FPANET_SYSROOT is a folder with the arm64 packages that the
# build needs (scripts/cross_aarch64.sh fills one); tests run under qemu.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

# Tests of the compiler read this file, too, and need the same variable.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES FPANET_SYSROOT)
set(CMAKE_SYSROOT ${FPANET_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

find_program(FPANET_QEMU NAMES qemu-aarch64 qemu-aarch64-static)
mark_as_advanced(FPANET_QEMU)
if(FPANET_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${FPANET_QEMU} -L ${FPANET_SYSROOT})
endif()
