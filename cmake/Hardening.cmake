# PIE, RELRO, stack protector, FORTIFY and CET in every build without a sanitizer.
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)
if(NOT PULSE_SANITIZE)
  add_compile_options(-fstack-protector-strong -fcf-protection=full)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  add_compile_options($<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
