# cmake -D FOLDER=… -D OUTPUT=… -P embed_scripts.cmake: writes FOLDER/*.lua as a C++ source that defines the functions
# declared in policy/redis/scripts.h. Each script is counters.lua with its own text behind it.
file(READ "${FOLDER}/counters.lua" common)
set(functions "")
foreach(name admit beat charge open settle spend standing)
  file(READ "${FOLDER}/${name}.lua" own)
  string(APPEND functions
    "const net::redis::Script& ${name}_script() {\n"
    "    static const net::redis::Script script{std::string{kCounters} + R\"lua(${own})lua\"};\n"
    "    return script;\n}\n\n")
endforeach()
file(WRITE "${OUTPUT}" "// Written by policy/redis/embed_scripts.cmake.
#include \"policy/redis/scripts.h\"

#include <string>

namespace pulse::policy::redis {
namespace {
constexpr char kCounters[] = R\"lua(${common})lua\";
}  // namespace

${functions}}  // namespace pulse::policy::redis
")
