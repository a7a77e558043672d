# pulse_module(NAME folder/ sources... LINKS targets...): one static library per folder, its links explicit.
# tools/check_layers.py holds the same rules against the #include lines.
function(pulse_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_LINKS} PRIVATE pulse_warnings)
endfunction()
