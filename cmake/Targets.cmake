# One function per kind of target, so that warnings and flags are the same everywhere.

add_library(fpanet_flags INTERFACE)
target_include_directories(fpanet_flags INTERFACE ${PROJECT_SOURCE_DIR})
set(warnings -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wvla)
# A product and a sum are fused only where the code says so: fp contraction would make results
# depend on what the compiler inlined, and differ between host and device.
target_compile_options(fpanet_flags INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:${warnings};-fno-math-errno;-ffp-contract=off>")
if(FPANET_WITH_CUDA)
  # Relaxed constexpr: constexpr functions are device functions, too. Line information is for profilers.
  list(REMOVE_ITEM warnings -Wpedantic) # nvcc's output is not pedantic
  list(JOIN warnings "," host_warnings)
  target_include_directories(fpanet_flags SYSTEM INTERFACE
    "$<$<COMPILE_LANGUAGE:CUDA>:${FPANET_CUDA_INCLUDE_DIRS}>")
  target_compile_options(fpanet_flags INTERFACE
    "$<$<COMPILE_LANGUAGE:CUDA>:${FPANET_CUDA_CODE}>"
    "$<$<COMPILE_LANGUAGE:CUDA>:--fmad=false;--expt-relaxed-constexpr;--extended-lambda;-lineinfo>"
    "$<$<COMPILE_LANGUAGE:CUDA>:--Werror=all-warnings;-Xcompiler=${host_warnings};-Xcompiler=-ffp-contract=off>")
endif()
target_compile_definitions(fpanet_flags INTERFACE FPANET_VERSION="${PROJECT_VERSION}")
if(FPANET_NATIVE)
  target_compile_options(fpanet_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-march=native>)
endif()
if(FPANET_SANITIZE)
  target_compile_options(fpanet_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${FPANET_SANITIZE};-fno-omit-frame-pointer;-fno-sanitize-recover=all>)
  target_link_options(fpanet_flags INTERFACE -fsanitize=${FPANET_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # GCC's manual: the sanitizers' instrumentation makes this warning report what is not there.
    target_compile_options(fpanet_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
  endif()
endif()

# Release code is compiled with -O3 where numbers are crunched. The rest is glue around large header
# libraries (command lines, JSON, tests), whose optimisation would take half of the build's time
# and bring nothing.
function(fpanet_is_glue target)
  target_compile_options(${target} PRIVATE $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-O1>)
endfunction()

# fpanet_sources(RESULT FOLDER...): the sources in folders of the project. With CUDA these are all but the stubs
# (*_stub.cpp, *_stubs.cpp). Without CUDA these are all but the sources that include CUDA headers: *.cu, and the
# C++ wrappers of the CUDA libraries (folders cuda/ and cudnn/, engine/core/cuda_*.cpp, *_cudnn.cpp, *_cublas.cpp).
function(fpanet_sources result)
  set(sources)
  foreach(folder ${ARGN})
    file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
    if(FPANET_WITH_CUDA)
      file(GLOB device CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cu)
      list(APPEND found ${device})
    endif()
    set(stubs ${found})
    list(FILTER stubs INCLUDE REGEX "_stubs?\\.cpp$")
    set(wrappers ${found})
    list(FILTER wrappers INCLUDE REGEX "/kernels/(cuda|cudnn)/|/core/cuda_[^/]*\\.cpp$|_(cudnn|cublas)\\.cpp$|/cudnn_[^/]*_test\\.cpp$")
    if(stubs)
      list(REMOVE_ITEM found ${stubs})
      list(REMOVE_ITEM wrappers ${stubs})
    endif()
    if(FPANET_WITH_CUDA)
      set(system_includes ${FPANET_CUDA_INCLUDE_DIRS})
      list(TRANSFORM system_includes PREPEND -isystem)
      set_source_files_properties(${wrappers} PROPERTIES COMPILE_OPTIONS "${system_includes}")
    else()
      list(REMOVE_ITEM found "" ${wrappers}) # the empty string: the list may be empty
      # Alone: who sees that a stub only throws leaves out what follows the call, which the emulated GPU of
      # the tests, in its place, would return to.
      set_source_files_properties(${stubs} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
      list(APPEND found ${stubs})
    endif()
    list(APPEND sources ${found})
  endforeach()
  set(${result} ${sources} PARENT_SCOPE)
endfunction()

# fpanet_library(NAME FOLDER... DEPENDS TARGET...): library fpanet_NAME from the sources in NAME/FOLDER.
function(fpanet_library name)
  cmake_parse_arguments(LIB "" "" "DEPENDS" ${ARGN})
  list(TRANSFORM LIB_UNPARSED_ARGUMENTS PREPEND ${name}/)
  fpanet_sources(sources ${LIB_UNPARSED_ARGUMENTS})
  add_library(fpanet_${name} STATIC ${sources})
  target_link_libraries(fpanet_${name} PUBLIC ${LIB_DEPENDS} PRIVATE fpanet_flags)
  target_include_directories(fpanet_${name} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()

# fpanet_program(NAME): program fpanet_NAME from apps/fpanet_NAME/*.cpp.
function(fpanet_program name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/apps/fpanet_${name}/*.cpp)
  add_executable(fpanet_${name} ${sources})
  target_link_libraries(fpanet_${name} PRIVATE fpanet_apps fpanet_flags)
  fpanet_is_glue(fpanet_${name})
endfunction()
