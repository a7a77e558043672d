# cmake -D FOLDER=… -D OUTPUT=… -P embed_scripts.cmake: writes FOLDER/*.lua as a C++ source that defines the functions
# declared in policy/redis/scripts.h. Each script is the parts that it uses with its own text behind them.
set(parts_of_admit counters windows minutes scopes)
set(parts_of_spend counters windows minutes scopes)
set(parts_of_standing counters windows minutes scopes)
set(parts_of_allot counters windows minutes scopes)
set(parts_of_settle counters minutes holds ahead)
set(parts_of_shrink counters minutes holds ahead)
set(parts_of_charge counters minutes holds ahead)
set(parts_of_open counters windows minutes scopes posted)
set(parts_of_adopt counters windows minutes scopes posted)
set(parts_of_beat counters)
set(parts_of_begin counters windows)

set(texts "")
foreach(part counters windows minutes scopes holds ahead posted)
  file(READ "${FOLDER}/${part}.lua" own)
  string(APPEND texts "constexpr std::string_view k_${part} = R\"lua(${own})lua\";\n")
endforeach()
set(functions "")
foreach(name admit adopt allot beat begin charge open settle shrink spend standing)
  set(text "")
  foreach(part ${parts_of_${name}})
    string(APPEND text "std::string{k_${part}} + ")
  endforeach()
  file(READ "${FOLDER}/${name}.lua" own)
  string(APPEND functions
    "const net::redis::Script& ${name}_script() {\n"
    "    static const net::redis::Script script{${text}R\"lua(${own})lua\"};\n"
    "    return script;\n}\n\n")
endforeach()
file(WRITE "${OUTPUT}" "// Written by policy/redis/embed_scripts.cmake.
#include \"policy/redis/scripts.h\"

#include <string>
#include <string_view>

namespace pulse::policy::redis {
namespace {
${texts}}  // namespace

${functions}}  // namespace pulse::policy::redis
")
