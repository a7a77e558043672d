#pragma once

// Included by base/settings/settings_table.h alone: the definitions of its templates.

#include <optional>

namespace pulse {
namespace detail {

/// The value at `place`, read by `type`; a problem and nothing when that fails.
template <class Value>
[[nodiscard]] std::optional<Value> read_value(
    SettingsReader& reader,
    const SettingsPlace& place,
    const SettingType<Value>& type,
    const SettingNotes& notes) {
    const std::optional<std::string> text =
        notes.secret ? reader.secret(place) : reader.text(place);
    if (!text) {
        return std::nullopt;
    }
    Result<Value> value = type.parse(*text);
    if (!value) {
        const std::string& unset = place.node->unset_variables;
        reader.problem(
            place,
            value.error().detail() +
                (unset.empty() ? "" : " (not set in the environment: " + unset + ")"));
        return std::nullopt;
    }
    return std::move(*value);
}

}  // namespace detail

template <class T>
template <class Value>
SettingsTable<T>& SettingsTable<T>::value(
    std::string_view name, Access<Value> access, SettingType<Value> type, SettingNotes notes) {
    Row row;
    row.name = name;
    row.type = type.name;
    row.notes = notes;
    row.default_yaml = [access, type, notes](T& defaults) {
        return notes.secret ? std::string("\"\"") : yaml_scalar(type.format(access(defaults)));
    };
    row.read = [access = std::move(access), type = std::move(type), notes](
                   SettingsReader& reader, const SettingsPlace& place, T& target) {
        if (std::optional<Value> value = detail::read_value(reader, place, type, notes)) {
            access(target) = std::move(*value);
        }
    };
    rows_.push_back(std::move(row));
    return *this;
}

template <class T>
template <class Value>
SettingsTable<T>& SettingsTable<T>::list(
    std::string_view name,
    Access<std::vector<Value>> access,
    SettingType<Value> type,
    SettingNotes notes) {
    Row row;
    row.name = name;
    row.type = "list of " + type.name;
    row.notes = notes;
    row.default_yaml = [access, type](T& defaults) {
        std::string text = "[";
        for (const Value& value : access(defaults)) {
            text.append(text.size() == 1 ? "" : ", ").append(yaml_scalar(type.format(value)));
        }
        return text + "]";
    };
    row.read = [access = std::move(access), type = std::move(type), notes](
                   SettingsReader& reader, const SettingsPlace& place, T& target) {
        std::vector<Value> values;
        for (std::size_t i = 0; reader.is_list(place) && i < place.node->items.size(); ++i) {
            if (std::optional<Value> value =
                    detail::read_value(reader, place.item(i), type, notes)) {
                values.push_back(std::move(*value));
            }
        }
        access(target) = std::move(values);
    };
    rows_.push_back(std::move(row));
    return *this;
}

template <class T>
SettingsTable<T>& SettingsTable<T>::pairs(
    std::string_view name,
    Access<std::vector<std::pair<std::string, std::string>>> access,
    SettingType<std::string> type,
    SettingNotes notes) {
    Row row;
    row.name = name;
    row.type = "map of " + type.name;
    row.notes = notes;
    row.default_yaml = [](T&) {
        return std::string("{}");
    };
    row.read = [access = std::move(access), type = std::move(type), notes](
                   SettingsReader& reader, const SettingsPlace& place, T& target) {
        if (!reader.is_map(place)) {
            return;
        }
        for (const SettingsEntry& entry : place.node->entries) {
            if (auto value = detail::read_value(reader, place.child(entry), type, notes)) {
                access(target).emplace_back(entry.key, std::move(*value));
            }
        }
    };
    rows_.push_back(std::move(row));
    return *this;
}

template <class T>
SettingsTable<T>& SettingsTable<T>::group(
    std::string_view name, SettingsTable<T> table, SettingNotes notes) {
    Row row;
    row.name = name;
    row.notes = notes;
    row.form = SettingDoc::Form::group;
    row.type = "map";
    row.describe_rows = [table](
                            const SettingDoc& parent, T& defaults, std::vector<SettingDoc>& docs) {
        table.describe(parent, defaults, docs);
    };
    row.read = [table = std::move(table)](
                   SettingsReader& reader, const SettingsPlace& place, T& target) {
        if (reader.is_map(place)) {
            table.read(reader, place, target);
        }
    };
    rows_.push_back(std::move(row));
    return *this;
}

template <class T>
template <class Entry>
SettingsTable<T>& SettingsTable<T>::entries(
    std::string_view name,
    Access<std::vector<Entry>> access,
    SettingsTable<Entry> table,
    SettingNotes notes) {
    Row row;
    row.name = name;
    row.notes = notes;
    row.form = SettingDoc::Form::entries;
    row.type = "map of named maps";
    row.describe_rows = [table](const SettingDoc& parent, T&, std::vector<SettingDoc>& docs) {
        Entry example;
        table.describe(parent, example, docs);
    };
    row.read = [access = std::move(access), table = std::move(table)](
                   SettingsReader& reader, const SettingsPlace& place, T& target) {
        if (!reader.is_map(place)) {
            return;
        }
        for (const SettingsEntry& written : place.node->entries) {
            Entry entry;
            entry.name = written.key;
            entry.place = place.child(written);
            if (reader.is_map(entry.place) || entry.place.node->is_blank()) {
                table.read(reader, entry.place, entry);
            }
            access(target).push_back(std::move(entry));
        }
    };
    rows_.push_back(std::move(row));
    return *this;
}

template <class T>
template <class Item>
SettingsTable<T>& SettingsTable<T>::items(
    std::string_view name,
    Access<std::vector<Item>> access,
    SettingsTable<Item> table,
    SettingNotes notes) {
    Row row;
    row.name = name;
    row.notes = notes;
    row.form = SettingDoc::Form::items;
    row.type = "list of maps";
    row.describe_rows = [table](const SettingDoc& parent, T&, std::vector<SettingDoc>& docs) {
        Item example;
        table.describe(parent, example, docs);
    };
    row.read = [access = std::move(access), table = std::move(table)](
                   SettingsReader& reader, const SettingsPlace& place, T& target) {
        for (std::size_t i = 0; reader.is_list(place) && i < place.node->items.size(); ++i) {
            Item item;
            item.place = place.item(i);
            if (reader.is_map(item.place) || item.place.node->is_blank()) {
                table.read(reader, item.place, item);
            }
            access(target).push_back(std::move(item));
        }
    };
    rows_.push_back(std::move(row));
    return *this;
}

template <class T>
SettingsTable<T>& SettingsTable<T>::part(
    std::string_view name,
    Access<SettingsPlace> access,
    std::string_view type,
    SettingNotes notes) {
    Row row;
    row.name = name;
    row.type = type;
    row.notes = notes;
    row.default_yaml = [](T&) {
        return std::string("{}");
    };
    row.read = [access = std::move(access)](
                   SettingsReader&, const SettingsPlace& place, T& target) {
        access(target) = place;
    };
    rows_.push_back(std::move(row));
    return *this;
}

template <class T>
void SettingsTable<T>::read(SettingsReader& reader, const SettingsPlace& place, T& target) const {
    std::vector<std::string_view> known;
    for (const Row& row : rows_) {
        known.push_back(row.name);
        if (const SettingsEntry* entry = place.node->find(row.name)) {
            row.read(reader, place.child(*entry), target);
        } else if (row.notes.required) {
            reader.problem(place.at(row.name), "is missing; it is " + row.type);
        }
    }
    reader.refuse_unknown_keys(place, known);
}

template <class T>
void SettingsTable<T>::describe(
    const SettingDoc& parent, T& defaults, std::vector<SettingDoc>& docs) const {
    for (const Row& row : rows_) {
        SettingDoc doc;
        doc.form = row.form;
        doc.level = parent.level;
        doc.in_example = parent.in_example;
        doc.path = (parent.path.empty() ? "" : parent.path + ".") + std::string(row.name);
        doc.name = row.name;
        doc.type = row.type;
        doc.notes = row.notes;
        doc.default_yaml = row.default_yaml ? row.default_yaml(defaults) : "";
        docs.push_back(doc);
        if (row.describe_rows) {
            const bool is_named = row.form == SettingDoc::Form::entries;
            const bool is_group = row.form == SettingDoc::Form::group;
            doc.level += is_group ? 1 : 2;
            doc.in_example = doc.in_example || !is_group;
            doc.path += is_group ? "" : is_named ? ".NAME" : "[]";
            row.describe_rows(doc, defaults, docs);
        }
    }
}

template <class T>
std::vector<SettingDoc> SettingsTable<T>::describe() const {
    std::vector<SettingDoc> docs;
    T defaults{};
    describe(SettingDoc{}, defaults, docs);
    return docs;
}

}  // namespace pulse
