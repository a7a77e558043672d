# cmake -D FOLDER=… -D OUTPUT=… -P embed.cmake: writes the .sql files of FOLDER/<engine>/NNNN_name.{up,down}.sql as a
# C++ source that defines the tables declared in storage/migrations/migrations.h.
function(embed_engine engine result)
  file(GLOB ups LIST_DIRECTORIES false "${FOLDER}/${engine}/*.up.sql")
  list(SORT ups)
  set(rows "")
  foreach(up IN LISTS ups)
    get_filename_component(file "${up}" NAME)
    if(NOT file MATCHES "^([0-9]+)_([a-z0-9_]+)\\.up\\.sql$")
      message(FATAL_ERROR "${up}: a migration is called NNNN_name.up.sql")
    endif()
    set(name "${CMAKE_MATCH_2}")
    math(EXPR version "1${CMAKE_MATCH_1} - 10000")
    file(READ "${up}" up_sql)
    file(READ "${FOLDER}/${engine}/${CMAKE_MATCH_1}_${name}.down.sql" down_sql)
    string(APPEND rows "    {${version}, \"${name}\", R\"sql(${up_sql})sql\", R\"sql(${down_sql})sql\"},\n")
  endforeach()
  set(${result} "${rows}" PARENT_SCOPE)
endfunction()

embed_engine(sqlite sqlite_rows)
embed_engine(postgres postgres_rows)
file(WRITE "${OUTPUT}" "// Written by storage/migrations/embed.cmake.
#include \"storage/migrations/migrations.h\"

namespace pulse::storage {
namespace {
constexpr Migration kSqliteMigrations[] = {
${sqlite_rows}};
constexpr Migration kPostgresMigrations[] = {
${postgres_rows}};
}  // namespace

std::span<const Migration> sqlite_migrations() { return kSqliteMigrations; }
std::span<const Migration> postgres_migrations() { return kPostgresMigrations; }

}  // namespace pulse::storage
")
