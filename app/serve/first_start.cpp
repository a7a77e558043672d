#include "app/serve/first_start.h"

#include "app/serve/first_admin.h"
#include "console/api/key_json.h"

#include <boost/json/serialize.hpp>
#include <fstream>
#include <system_error>

#include "base/clock.h"
#include "base/digest.h"
#include "base/hex.h"
#include "base/uuid.h"
#include "policy/access/key_directory.h"

namespace pulse::app {

namespace {

constexpr std::size_t kKeyBytesMin = 16;

constexpr std::string_view kFirstConfig = R"(# Written at the first start. `pulse config default` prints every setting with its meaning.
store:
  url: sqlite:pulse.db
  spool: { path: spool/ }

# With OPENAI_API_KEY, MISTRAL_API_KEY, GROQ_API_KEY … in the environment those providers are on; a `providers:` section
# here replaces that. Without any, the built-in sandbox answers.
)";

[[nodiscard]] storage::AuditEntry key_made(const storage::KeyRow& row) {
    storage::AuditEntry audit = by_the_system();
    audit.action = "key.create";
    audit.target_kind = "key";
    audit.target_id = row.id;
    if (!row.org.empty()) {
        audit.org = row.org;
    }
    audit.after = boost::json::serialize(console::key_json(row));
    return audit;
}

}  // namespace

Result<std::filesystem::path> prepare_data_folder(const std::filesystem::path& folder) {
    std::error_code failed;
    if (std::filesystem::create_directories(folder, failed) && !failed) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
    }
    if (failed) {
        return Error(Errc::configuration, "cannot make the folder " + folder.string() + ": " + failed.message());
    }
    std::filesystem::path file = folder / "pulse.yaml";
    if (!std::filesystem::exists(file)) {
        std::ofstream out(file);
        out << kFirstConfig;
        if (!out.flush()) {
            return Error(Errc::configuration, "cannot write " + file.string());
        }
    }
    return file;
}

storage::KeyRow new_key_row(std::string_view text, std::string label) {
    storage::KeyRow row;
    const TimePoint now = system_clock().now();
    row.id = UuidGenerator{}.next(now).to_string();
    row.hash_hex = to_hex(sha256(text));
    row.prefix = policy::shown_prefix(text);
    row.label = std::move(label);
    row.created_at = now;
    return row;
}

Result<void> add_bootstrap_keys(storage::Database& database, const BootstrapSettings& bootstrap) {
    for (const BootstrapKey& entry : bootstrap.keys) {
        if (entry.key.size() < kKeyBytesMin) {
            return Error(
                Errc::configuration,
                "bootstrap.keys: the key of `" + entry.label + "` is shorter than 16 characters (is its variable set?)");
        }
        storage::KeyRow row = new_key_row(entry.key, entry.label);
        row.org = entry.org;
        row.team = entry.team;
        row.project = entry.project;
        row.user = entry.user;
        row.app = entry.app;
        row.policy_json = entry.policy_json;
        row.bootstrap = true;
        const storage::AuditEntry audit = key_made(row);
        if (auto added = storage::insert_key(database.session(), row, &audit); !added) {
            return added;
        }
    }
    return {};
}

Result<std::string> make_first_key(storage::Database& database) {
    const auto rows = storage::keys(database.session());
    if (!rows) {
        return rows.error();
    }
    if (!rows->empty()) {
        return std::string{};
    }
    std::string text = policy::make_key();
    const storage::KeyRow row = new_key_row(text, "first key");
    const storage::AuditEntry audit = key_made(row);
    if (auto added = storage::insert_key(database.session(), row, &audit); !added) {
        return added.error();
    }
    return text;
}

}  // namespace pulse::app
