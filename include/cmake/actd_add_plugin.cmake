# actd_add_plugin(NAME SOURCES FILE… [LIBRARIES LIB…] [DEFINITIONS DEF…])
#
# Builds the plugin NAME, in C or C++ as its files are, as NAME.so in the root of the build folder:
# the target is plugin_NAME. It exports act_plugin_v1 and nothing else; a symbol that no library has
# is an error of the linker, not one at the next reload. `cmake --install` puts the file into
# ACTD_PLUGIN_DIR.
function(actd_add_plugin name)
  cmake_parse_arguments(P "" "" "SOURCES;LIBRARIES;DEFINITIONS" ${ARGN})
  if(NOT P_SOURCES OR P_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "actd_add_plugin(${name}): expected SOURCES with at least one file, and "
      "perhaps LIBRARIES and DEFINITIONS; found \"${ARGN}\"")
  endif()
  if(NOT name MATCHES "^[A-Za-z0-9_-]+$")
    message(FATAL_ERROR "actd_add_plugin: expected a name of letters, digits, '_' and '-', found "
      "\"${name}\"")
  endif()
  set(target plugin_${name})
  set(map "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map")
  add_library(${target} MODULE ${P_SOURCES})
  set_target_properties(${target} PROPERTIES PREFIX "" SUFFIX ".so" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}" LINK_DEPENDS "${map}"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_definitions(${target} PRIVATE ${P_DEFINITIONS})
  # A "unique" symbol of g++ would keep the file in memory for ever.
  target_compile_options(${target} PRIVATE
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-fno-gnu-unique>)
  target_link_options(${target} PRIVATE "LINKER:--version-script=${map}")
  # Sanitizers leave their own functions to the program.
  if(NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize=")
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
  target_link_libraries(${target} PRIVATE actd::headers ${P_LIBRARIES})
  install(TARGETS ${target} LIBRARY DESTINATION "${ACTD_PLUGIN_DIR}")
endfunction()

# actd_add_plugin_test(TEST SOURCES FILE… [LIBRARIES LIB…])
#
# A program that tests plugins of this project without a server: it is linked with the fake host,
# and FAKE_PLUGIN("NAME") is the path of NAME.so in the root of the build folder. ctest runs it.
function(actd_add_plugin_test test)
  cmake_parse_arguments(P "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT P_SOURCES OR P_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "actd_add_plugin_test(${test}): expected SOURCES with at least one file, "
      "and perhaps LIBRARIES; found \"${ARGN}\"")
  endif()
  add_executable(${test} ${P_SOURCES})
  target_compile_definitions(${test} PRIVATE FAKE_PLUGIN_DIR="${CMAKE_BINARY_DIR}")
  target_link_libraries(${test} PRIVATE actd::fake ${P_LIBRARIES})
  add_test(NAME ${test} COMMAND ${test})
endfunction()
