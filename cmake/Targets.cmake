# One function per kind of target, so that warnings and flags are the same everywhere.

include(GNUInstallDirs)
set(FPANET_HEADERS ${CMAKE_INSTALL_INCLUDEDIR}/fpanet) # of the installed libraries, below the prefix

add_library(fpanet_flags INTERFACE)
target_include_directories(fpanet_flags INTERFACE ${PROJECT_SOURCE_DIR})
set(werror)
set(nvcc_werror)
if(FPANET_WERROR)
  set(werror -Werror)
  set(nvcc_werror "--Werror=all-warnings;")
endif()
set(warnings -Wall -Wextra -Wpedantic ${werror} -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wvla)
# A product and a sum are fused only where the code requests it. With floating-point contraction, results
# would depend on inlining and would differ between host and device.
target_compile_options(fpanet_flags INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:${warnings};-fno-math-errno;-ffp-contract=off>")
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # "omp simd" is a hint. Loops that clang does not vectorise are right all the same.
  target_compile_options(fpanet_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-pass-failed>)
endif()
if(FPANET_WITH_CUDA)
  # With relaxed constexpr, constexpr functions are also device functions. Line information is for profilers.
  list(REMOVE_ITEM warnings -Wpedantic) # the code that nvcc generates violates it
  list(JOIN warnings "," host_warnings)
  target_include_directories(fpanet_flags SYSTEM INTERFACE
    "$<$<COMPILE_LANGUAGE:CUDA>:${FPANET_CUDA_INCLUDE_DIRS}>")
  target_compile_options(fpanet_flags INTERFACE
    "$<$<COMPILE_LANGUAGE:CUDA>:${FPANET_CUDA_CODE}>"
    "$<$<COMPILE_LANGUAGE:CUDA>:--fmad=false;--expt-relaxed-constexpr;--extended-lambda;-lineinfo>"
    "$<$<COMPILE_LANGUAGE:CUDA>:${nvcc_werror}-Xcompiler=${host_warnings};-Xcompiler=-ffp-contract=off>")
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
    # According to GCC's manual, this warning gives false positives with the sanitizers' instrumentation.
    target_compile_options(fpanet_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
  endif()
endif()

# Numerical code is compiled with -O3 in Release builds. The rest is glue around large header libraries
# (command lines, JSON, tests). Optimising it would take half of the build time without any benefit.
function(fpanet_is_glue target)
  target_compile_options(${target} PRIVATE $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-O1>)
endfunction()

# fpanet_sources(RESULT FOLDER...): the sources in folders of the project. With CUDA these are all but the stubs
# (*_stub.cpp, *_stubs.cpp). Without CUDA these are all but the sources that include CUDA headers: *.cu, and the
# C++ wrappers of the CUDA libraries (folders cuda/ and cudnn/, engine/core/cuda_*.cpp, *_cudnn.cpp, *_cublas.cpp).
# Likewise *_gdal.cpp with GDAL, and without_gdal.cpp in its place; *_mpi.cpp and without_mpi.cpp; *_nccl.cpp and
# without_nccl.cpp.
function(fpanet_sources result)
  set(sources)
  foreach(folder ${ARGN})
    file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
    if(FPANET_WITH_CUDA)
      file(GLOB device CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cu)
      list(APPEND found ${device})
    endif()
    set(stubs ${found})
    list(FILTER stubs INCLUDE REGEX "[/_]stubs?\\.cpp$")
    set(wrappers ${found})
    list(FILTER wrappers INCLUDE REGEX "/kernels/(cuda|cudnn)/|/core/cuda_[^/]*\\.cpp$|_(cudnn|cublas|nccl)\\.cpp$|/cud(nn|a_libraries)_[^/]*test\\.cpp$")
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
      # Compile stubs separately. A compiler that sees that a stub always throws drops the code after the
      # call, but the tests replace stubs with an emulated GPU, whose calls return.
      set_source_files_properties(${stubs} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
      list(APPEND found ${stubs})
    endif()
    foreach(library gdal mpi nccl)
      string(TOUPPER ${library} name)
      if(FPANET_WITH_${name})
        list(FILTER found EXCLUDE REGEX "/without_${library}\\.cpp$")
      else()
        list(FILTER found EXCLUDE REGEX "_${library}\\.cpp$")
        file(GLOB without CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/without_${library}.cpp)
        list(APPEND found ${without})
      endif()
    endforeach()
    list(APPEND sources ${found})
  endforeach()
  set(${result} ${sources} PARENT_SCOPE)
endfunction()

# fpanet_library(NAME FOLDER... DEPENDS TARGET...): the library fpanet_NAME, also called fpanet::NAME, of the sources in
# NAME/FOLDER. What only its sources include is a dependency in $<BUILD_INTERFACE:>.
function(fpanet_library name)
  cmake_parse_arguments(LIB "" "" "DEPENDS" ${ARGN})
  list(TRANSFORM LIB_UNPARSED_ARGUMENTS PREPEND ${name}/)
  fpanet_sources(sources ${LIB_UNPARSED_ARGUMENTS})
  add_library(fpanet_${name} STATIC ${sources})
  add_library(fpanet::${name} ALIAS fpanet_${name})
  target_link_libraries(fpanet_${name} PUBLIC ${LIB_DEPENDS} PRIVATE $<BUILD_INTERFACE:fpanet_flags>)
  target_compile_features(fpanet_${name} PUBLIC cxx_std_20)
  target_include_directories(fpanet_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${FPANET_HEADERS}>)
endfunction()

# fpanet_program(NAME): the program fpanet_NAME of the sources apps/fpanet_NAME/*.cpp.
function(fpanet_program name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/apps/fpanet_${name}/*.cpp)
  add_executable(fpanet_${name} ${sources})
  target_link_libraries(fpanet_${name} PRIVATE fpanet_apps fpanet_flags)
  fpanet_is_glue(fpanet_${name})
endfunction()
