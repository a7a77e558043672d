#include "base/settings/settings_node.h"

namespace pulse {
namespace {

[[nodiscard]] std::string joined(const std::string& path, std::string_view key) {
    return path.empty() ? std::string(key) : path + "." + std::string(key);
}

}  // namespace

const SettingsEntry* SettingsNode::find(std::string_view key) const {
    for (const SettingsEntry& entry : entries) {
        if (entry.key == key) {
            return &entry;
        }
    }
    return nullptr;
}

SettingsPlace SettingsPlace::child(const SettingsEntry& entry) const {
    return {&entry.value, entry.line, joined(path, entry.key)};
}

SettingsPlace SettingsPlace::item(std::size_t index) const {
    const SettingsNode& item = node->items[index];
    return {&item, item.line, path + "[" + std::to_string(index) + "]"};
}

SettingsPlace SettingsPlace::at(std::string_view key) const {
    if (const SettingsEntry* entry = node == nullptr ? nullptr : node->find(key)) {
        return child(*entry);
    }
    return {node, line, joined(path, key)};
}

}  // namespace pulse
