# `cmake --install build --prefix P`: programs, manual pages, completions, and the engine as a library (docs/library.md);
# `cpack` makes a Debian package of the same.

include(CMakePackageConfigHelpers)

set(programs fpanet_train fpanet_eval fpanet_predict fpanet_tool)
set(libraries engine kernels layers models data)

install(TARGETS ${programs} RUNTIME)
if(FPANET_WITH_CUDA)
  set_target_properties(${programs} PROPERTIES INSTALL_RPATH "${CMAKE_BUILD_RPATH}")
endif()

# The programs print their manual pages and completions. A program that is cross-compiled cannot.
set(shared ${PROJECT_BINARY_DIR}/share)
set(manuals)
set(completions)
if(NOT CMAKE_CROSSCOMPILING)
  foreach(program ${programs})
    set(manual ${shared}/man/${program}.1)
    set(bash ${shared}/bash/${program})
    set(zsh ${shared}/zsh/_${program})
    add_custom_command(OUTPUT ${manual} ${bash} ${zsh}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${shared}/man ${shared}/bash ${shared}/zsh
      COMMAND ${program} --man > ${manual}
      COMMAND ${program} --completion bash > ${bash}
      COMMAND ${program} --completion zsh > ${zsh}
      DEPENDS ${program} VERBATIM)
    list(APPEND manuals ${manual})
    list(APPEND completions ${bash} ${zsh})
    install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${bash} DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions)
    install(FILES ${zsh} DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/zsh/vendor-completions)
  endforeach()
  add_custom_target(manuals ALL DEPENDS ${manuals} ${completions})
endif()

# The library.
foreach(library ${libraries})
  set_target_properties(fpanet_${library} PROPERTIES EXPORT_NAME ${library})
  install(TARGETS fpanet_${library} EXPORT fpanet ARCHIVE)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${library} DESTINATION ${FPANET_HEADERS} FILES_MATCHING PATTERN "*.hpp")
endforeach()
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/fpanet)
install(EXPORT fpanet NAMESPACE fpanet:: FILE fpanet-targets.cmake DESTINATION ${package})
if(EXISTS ${third_party}/include)
  set(FPANET_BUNDLED_FMT ON)
  install(DIRECTORY ${third_party}/include/fmt DESTINATION ${FPANET_HEADERS}/third_party)
else()
  set(FPANET_BUNDLED_FMT OFF)
endif()
configure_package_config_file(cmake/fpanet-config.cmake.in ${PROJECT_BINARY_DIR}/fpanet-config.cmake
  INSTALL_DESTINATION ${package} PATH_VARS FPANET_HEADERS)
# Until version 1 every minor version may change the library.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fpanet-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fpanet-config.cmake ${PROJECT_BINARY_DIR}/fpanet-config-version.cmake
  DESTINATION ${package})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/fpanet)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/docs/library.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fpanet)
set(CPACK_PACKAGE_CONTACT "FPA-Net Engine <fpanet@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Trains networks that map land cover in satellite images")
set(CPACK_PACKAGE_DESCRIPTION "Four programs train, evaluate and apply FPA-Net and U-Net; the deep-learning engine
underneath comes as headers and static libraries.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# What the headers and libraries need.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, g++, libfmt-dev, zlib1g-dev, libjpeg-dev, libpng-dev")
if(FPANET_WITH_MPI)
  string(APPEND CPACK_DEBIAN_PACKAGE_SUGGESTS ", libopenmpi-dev")
endif()
if(FPANET_WITH_GDAL)
  string(APPEND CPACK_DEBIAN_PACKAGE_SUGGESTS ", gdal-bin")
endif()
include(CPack)
