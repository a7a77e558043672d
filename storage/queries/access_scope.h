#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pulse::storage {

/// Whose numbers a caller of the console may see. Every query takes one and says it in its SQL: a
/// filter can only narrow it. Immutable.
class AccessScope {
public:
    enum class Kind : std::uint8_t { organisation, teams, own };

    /// All of an organisation: admin, finance.
    [[nodiscard]] static AccessScope organisation(std::string org);
    /// What is attributed to one of these teams: manager. Without teams: nothing.
    [[nodiscard]] static AccessScope teams(std::string org, std::vector<std::string> teams);
    /// What is attributed to this user or was asked with one of these keys. Without both: nothing.
    [[nodiscard]] static AccessScope own(
        std::string org, std::string user, std::vector<std::string> keys);

    [[nodiscard]] const std::string& org() const { return org_; }
    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] const std::vector<std::string>& team_ids() const { return teams_; }
    [[nodiscard]] const std::string& user() const { return user_; }
    [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }

private:
    AccessScope(std::string org, Kind kind);
    std::string org_;
    Kind kind_;
    std::vector<std::string> teams_;
    std::string user_;
    std::vector<std::string> keys_;
};

}  // namespace pulse::storage
