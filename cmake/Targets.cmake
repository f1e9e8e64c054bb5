# One function per kind of target, so that warnings and flags are the same everywhere.

add_library(fpanet_flags INTERFACE)
target_include_directories(fpanet_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(fpanet_flags INTERFACE -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Wvla -fno-math-errno)
# A product and a sum are fused only where the code says so: fp contraction would make results
# depend on what the compiler inlined.
target_compile_options(fpanet_flags INTERFACE -ffp-contract=off)
target_compile_definitions(fpanet_flags INTERFACE FPANET_VERSION="${PROJECT_VERSION}")
if(FPANET_NATIVE)
  target_compile_options(fpanet_flags INTERFACE -march=native)
endif()
if(FPANET_SANITIZE)
  target_compile_options(fpanet_flags INTERFACE -fsanitize=${FPANET_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(fpanet_flags INTERFACE -fsanitize=${FPANET_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # GCC's manual: the sanitizers' instrumentation makes this warning report what is not there.
    target_compile_options(fpanet_flags INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()

# Release code is compiled with -O3 where numbers are crunched. The rest is glue around large header
# libraries (command lines, JSON, tests), whose optimisation would take half of the build's time
# and bring nothing.
function(fpanet_is_glue target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# fpanet_library(NAME FOLDER... DEPENDS TARGET...): library fpanet_NAME from NAME/FOLDER/*.cpp.
function(fpanet_library name)
  cmake_parse_arguments(LIB "" "" "DEPENDS" ${ARGN})
  set(sources)
  foreach(folder ${LIB_UNPARSED_ARGUMENTS})
    file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/${folder}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
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
