#pragma once

#include "base/settings/settings_reader.h"
#include "base/settings/settings_text.h"
#include "base/settings/settings_value.h"

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace pulse {

/// The settings of a struct `T`: one row per key, with its type, bounds, notes and the member it
/// fills. The default is what the member holds in `T{}`. Reading, `pulse config default` and the
/// documentation all come from the rows. Immutable once made.
///
///     SettingsTable<Timeouts> table;
///     table.value("connect", [](auto& t) -> auto& { return t.connect; },
///     duration_setting({1ms, 1h}),
///                 {.doc = "How long a connection may take."});
template <class T>
class SettingsTable {
public:
    template <class Member>
    using Access = std::type_identity_t<std::function<Member&(T&)>>;

    template <class Value>
    SettingsTable& value(
        std::string_view name, Access<Value> access, SettingType<Value> type, SettingNotes notes);

    /// A list of single values.
    template <class Value>
    SettingsTable& list(
        std::string_view name,
        Access<std::vector<Value>> access,
        SettingType<Value> type,
        SettingNotes notes);

    /// A map of the file's own names to text.
    SettingsTable& pairs(
        std::string_view name,
        Access<std::vector<std::pair<std::string, std::string>>> access,
        SettingType<std::string> type,
        SettingNotes notes);

    /// A map with the rows of `table`.
    SettingsTable& group(std::string_view name, SettingsTable<T> table, SettingNotes notes);

    /// A map of the file's own names to maps with the rows of `table`. `Entry` has `std::string
    /// name` and `SettingsPlace place`.
    template <class Entry>
    SettingsTable& entries(
        std::string_view name,
        Access<std::vector<Entry>> access,
        SettingsTable<Entry> table,
        SettingNotes notes);

    /// A list of maps with the rows of `table`. `Item` has `SettingsPlace place`.
    template <class Item>
    SettingsTable& items(
        std::string_view name,
        Access<std::vector<Item>> access,
        SettingsTable<Item> table,
        SettingNotes notes);

    /// A part of the document that somebody else reads: only its place is kept. `type` is for docs.
    SettingsTable& part(
        std::string_view name,
        Access<SettingsPlace> access,
        std::string_view type,
        SettingNotes notes);

    /// Reads the map at `place` into `target`; what the map does not name stays as it is.
    void read(SettingsReader& reader, const SettingsPlace& place, T& target) const;

    /// Appends the rows. `parent`: what stands before them; defaults are those of `defaults`.
    void describe(const SettingDoc& parent, T& defaults, std::vector<SettingDoc>& docs) const;
    [[nodiscard]] std::vector<SettingDoc> describe() const;

private:
    struct Row {
        std::string_view name;
        std::string type;
        SettingNotes notes;
        SettingDoc::Form form = SettingDoc::Form::value;
        std::function<void(SettingsReader&, const SettingsPlace&, T&)> read;
        std::function<std::string(T&)> default_yaml;
        std::function<void(const SettingDoc&, T&, std::vector<SettingDoc>&)> describe_rows;
    };
    std::vector<Row> rows_;
};

}  // namespace pulse

#include "base/settings/detail/settings_table_rows.h"  // the templates' definitions
