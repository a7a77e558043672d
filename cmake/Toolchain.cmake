# ccache and mold shorten the build where they are installed; nothing depends on them.
find_program(PULSE_CCACHE ccache)
if(PULSE_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER "${PULSE_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${PULSE_CCACHE}")
endif()
find_program(PULSE_MOLD mold)
if(PULSE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
# -g1 keeps backtraces and perf call graphs at a third of the object size of -g.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -fno-omit-frame-pointer")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1 -fno-omit-frame-pointer")
