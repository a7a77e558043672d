# Run at every build: writes OUTPUT from TEMPLATE; an unchanged commit leaves the file and so the build alone.
execute_process(COMMAND git -C ${SOURCE_DIR} rev-parse --short=12 HEAD
  OUTPUT_VARIABLE PULSE_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(PULSE_COMMIT unknown)
endif()
# The commit's own time: equal sources give equal binaries.
execute_process(COMMAND git -C ${SOURCE_DIR} log -1 --format=%cI
  OUTPUT_VARIABLE PULSE_BUILT_AT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT PULSE_BUILT_AT)
  set(PULSE_BUILT_AT unknown)
endif()
configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
