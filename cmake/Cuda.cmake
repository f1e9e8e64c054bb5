# Finds nvcc, the CUDA runtime, cuBLASLt and cuDNN 9, which the CUDA code needs, and NCCL 2, which the GPUs of several
# ranks need. Searches a toolkit, system folders, -DCUDNN_ROOT, -DNCCL_ROOT and the nvidia-* packages of pip. Sets
# FPANET_WITH_CUDA, FPANET_WITH_NCCL, FPANET_CUDA_INCLUDE_DIRS,
# FPANET_CUDA_LIBRARIES (which programs link) and FPANET_CUDA_LOADED_LIBRARIES (which they load when a GPU is
# opened, see engine/core/cuda_libraries.hpp), and enables the language CUDA.

set(FPANET_CUDA AUTO CACHE STRING "CUDA halves of the kernels: AUTO (when everything is found), ON or OFF")
set_property(CACHE FPANET_CUDA PROPERTY STRINGS AUTO ON OFF)
set(FPANET_CUDA_ARCHITECTURES "" CACHE STRING
  "Architectures as in CMAKE_CUDA_ARCHITECTURES; empty: native with a GPU here, else all supported ones")
set(FPANET_WITH_CUDA OFF)
set(FPANET_NCCL AUTO CACHE STRING "Several ranks with GPUs by NCCL: AUTO (where NCCL is found), ON (it must be found) or OFF")
set_property(CACHE FPANET_NCCL PROPERTY STRINGS AUTO ON OFF)
set(FPANET_WITH_NCCL OFF)

# Reports what is missing: as an error if FPANET_CUDA is ON, as a status line if it is AUTO.
macro(fpanet_cuda_missing what)
  if(FPANET_CUDA STREQUAL AUTO)
    message(STATUS "CUDA: off, ${what}")
  else()
    message(FATAL_ERROR "FPANET_CUDA=ON, but ${what}")
  endif()
endmacro()

# The nvidia-* packages of the Python in PATH, which pip installs in nvidia/NAME or, since CUDA 13, in nvidia/cu13.
function(fpanet_find_pip_roots result)
  find_program(FPANET_PYTHON python3)
  mark_as_advanced(FPANET_PYTHON)
  set(${result} "" PARENT_SCOPE)
  if(NOT FPANET_PYTHON)
    return()
  endif()
  execute_process(COMMAND ${FPANET_PYTHON} -c "import nvidia; print(';'.join(nvidia.__path__))"
    OUTPUT_VARIABLE folders OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  set(roots)
  foreach(folder ${folders})
    file(GLOB packages ${folder}/*)
    list(APPEND roots ${packages})
  endforeach()
  set(${result} ${roots} PARENT_SCOPE)
endfunction()

# fpanet_cuda_library(NAME HEADER FILES FILE... ROOTS FOLDER...): sets NAME_INCLUDE_DIR and NAME_LIBRARY.
function(fpanet_cuda_library name header)
  cmake_parse_arguments(LIB "" "" "FILES;ROOTS" ${ARGN})
  find_path(${name}_INCLUDE_DIR ${header} HINTS ${LIB_ROOTS} PATH_SUFFIXES include)
  find_library(${name}_LIBRARY NAMES ${LIB_FILES} NAMES_PER_DIR HINTS ${LIB_ROOTS} PATH_SUFFIXES lib64 lib lib/x64)
  mark_as_advanced(${name}_INCLUDE_DIR ${name}_LIBRARY)
endfunction()

macro(fpanet_find_cuda)
  fpanet_find_pip_roots(pip_roots)
  find_program(CMAKE_CUDA_COMPILER nvcc
    HINTS ENV CUDACXX ENV CUDA_HOME ENV CUDA_PATH /usr/local/cuda /opt/cuda ${pip_roots} PATH_SUFFIXES bin)
  if(NOT CMAKE_CUDA_COMPILER)
    fpanet_cuda_missing("there is no nvcc in PATH, CUDA_HOME or /usr/local/cuda")
    return()
  endif()
  execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --version OUTPUT_VARIABLE nvcc_version ERROR_QUIET)
  if(NOT nvcc_version MATCHES "release ([0-9]+)\\.([0-9]+)" OR CMAKE_MATCH_1 LESS 12)
    fpanet_cuda_missing("${CMAKE_CUDA_COMPILER} is not of CUDA 12 or newer")
    return()
  endif()
  # Consumer GPUs of the Blackwell generation, for which nvcc has code since CUDA 12.8.
  set(blackwell "")
  if("${CMAKE_MATCH_1}.${CMAKE_MATCH_2}" VERSION_GREATER_EQUAL 12.8)
    set(blackwell "sm_120,")
  endif()
  # Test nvcc first, because it may not support the C++ compiler of this machine. enable_language would then
  # fail, even if FPANET_CUDA is AUTO.
  if(NOT DEFINED FPANET_NVCC_ERRORS)
    file(WRITE ${PROJECT_BINARY_DIR}/CMakeFiles/nvcc_works.cu "__global__ void kernel() {}\n")
    execute_process(COMMAND ${CMAKE_CUDA_COMPILER} -std=c++20 -c nvcc_works.cu -o nvcc_works.o
      WORKING_DIRECTORY ${PROJECT_BINARY_DIR}/CMakeFiles
      RESULT_VARIABLE failed OUTPUT_VARIABLE errors ERROR_VARIABLE errors)
    if(NOT failed)
      set(errors "")
    endif()
    set(FPANET_NVCC_ERRORS "${errors}" CACHE INTERNAL "What nvcc says to an empty kernel")
  endif()
  if(FPANET_NVCC_ERRORS)
    fpanet_cuda_missing("${CMAKE_CUDA_COMPILER} cannot compile: ${FPANET_NVCC_ERRORS}")
    return()
  endif()
  get_filename_component(cuda_root ${CMAKE_CUDA_COMPILER} REALPATH)
  get_filename_component(cuda_root ${cuda_root}/../.. ABSOLUTE)

  set(roots ${cuda_root} ${pip_roots})
  fpanet_cuda_library(CUDART cuda_runtime.h FILES cudart_static ROOTS ${roots})
  fpanet_cuda_library(CUBLASLT cublasLt.h
    FILES cublasLt libcublasLt.so.13 libcublasLt.so.12 ROOTS ${roots})
  fpanet_cuda_library(CUDNN cudnn.h
    FILES cudnn libcudnn.so.9 ROOTS ${CUDNN_ROOT} $ENV{CUDNN_ROOT} ${roots})
  foreach(library CUDART CUBLASLT CUDNN)
    if(NOT ${library}_INCLUDE_DIR OR NOT ${library}_LIBRARY)
      fpanet_cuda_missing("${library} was not found (set ${library}_INCLUDE_DIR and ${library}_LIBRARY)")
      return()
    endif()
  endforeach()
  # Only for the sources that include CUDA headers: all others compile the same as without CUDA.
  set(FPANET_CUDA_INCLUDE_DIRS ${CUDNN_INCLUDE_DIR} ${CUBLASLT_INCLUDE_DIR} ${CUDART_INCLUDE_DIR})
  list(REMOVE_DUPLICATES FPANET_CUDA_INCLUDE_DIRS)
  # The runtime is linked statically, so that a program starts without a driver and can report that it is missing.
  set(FPANET_CUDA_LIBRARIES ${CUDART_LIBRARY} ${CMAKE_DL_LIBS} pthread rt)
  set(FPANET_CUDA_LOADED_LIBRARIES ${CUDNN_LIBRARY} ${CUBLASLT_LIBRARY})
  if(NOT FPANET_NCCL STREQUAL OFF)
    fpanet_cuda_library(NCCL nccl.h FILES nccl libnccl.so.2 ROOTS ${NCCL_ROOT} $ENV{NCCL_ROOT} ${roots})
    if(NCCL_INCLUDE_DIR AND NCCL_LIBRARY)
      set(FPANET_WITH_NCCL ON)
      list(APPEND FPANET_CUDA_INCLUDE_DIRS ${NCCL_INCLUDE_DIR})
      list(REMOVE_DUPLICATES FPANET_CUDA_INCLUDE_DIRS)
      list(APPEND FPANET_CUDA_LOADED_LIBRARIES ${NCCL_LIBRARY})
    elseif(FPANET_NCCL STREQUAL ON)
      message(FATAL_ERROR "FPANET_NCCL=ON, but NCCL was not found (set NCCL_INCLUDE_DIR and NCCL_LIBRARY). pip install "
        "nvidia-nccl-cu13, or NVIDIA's libnccl-dev, brings it.")
    endif()
  endif()
  # Where programs search for these libraries, in addition to LD_LIBRARY_PATH and the system's folders.
  foreach(library ${FPANET_CUDA_LOADED_LIBRARIES})
    get_filename_component(folder ${library} DIRECTORY)
    list(APPEND CMAKE_BUILD_RPATH ${folder})
  endforeach()
  list(REMOVE_DUPLICATES CMAKE_BUILD_RPATH)
  file(STRINGS ${CUDNN_INCLUDE_DIR}/cudnn_version.h cudnn_major REGEX "#define CUDNN_MAJOR +9")
  if(NOT cudnn_major)
    fpanet_cuda_missing("cuDNN 9 is needed, ${CUDNN_INCLUDE_DIR} holds another version")
    return()
  endif()

  set(FPANET_CUDA_CODE) # options of nvcc, if CMAKE_CUDA_ARCHITECTURES cannot express them
  if(FPANET_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES ${FPANET_CUDA_ARCHITECTURES})
  else()
    execute_process(COMMAND nvidia-smi -L RESULT_VARIABLE no_gpu OUTPUT_QUIET ERROR_QUIET)
    if(no_gpu)
      # Machine code for Turing to Hopper and Blackwell's consumer GPUs, and PTX for newer GPUs. All GPUs from Ampere on share the PTX of
      # compute capability 8.0, because the kernels need no newer features. This saves a third of the
      # compilation compared with separate PTX for each.
      set(CMAKE_CUDA_ARCHITECTURES OFF)
      set(FPANET_CUDA_CODE "--generate-code=arch=compute_75,code=[sm_75]"
        "--generate-code=arch=compute_80,code=[sm_80,sm_86,sm_89,sm_90,${blackwell}compute_80]")
    else()
      set(CMAKE_CUDA_ARCHITECTURES native)
    endif()
  endif()
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20) # CMake 3.25 does not know that nvcc has it
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
  set(CMAKE_CUDA_EXTENSIONS OFF)
  set(FPANET_WITH_CUDA ON)
  set(code ${CMAKE_CUDA_ARCHITECTURES})
  if(FPANET_CUDA_CODE)
    set(code "compute capability 7.5 to 9.0 and newer")
  endif()
  message(STATUS "CUDA: ${CMAKE_CUDA_COMPILER} ${CMAKE_CUDA_COMPILER_VERSION} for ${code}, cuDNN in ${CUDNN_LIBRARY}")
  if(FPANET_WITH_NCCL)
    message(STATUS "Ranks with GPUs: NCCL in ${NCCL_LIBRARY}")
  else()
    message(STATUS "Ranks with GPUs: one, because NCCL is not used (FPANET_NCCL=${FPANET_NCCL})")
  endif()
endmacro()

if(NOT FPANET_CUDA STREQUAL OFF)
  fpanet_find_cuda()
endif()
if(FPANET_NCCL STREQUAL ON AND NOT FPANET_WITH_CUDA)
  message(FATAL_ERROR "FPANET_NCCL=ON, but CUDA, which NCCL needs, is off")
endif()
