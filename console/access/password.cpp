#include "console/access/password.h"

#include "base/assert.h"

#include <sodium.h>

#include <array>
#include <cstdint>
#include <utility>

namespace pulse::console {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
constexpr std::size_t kGeneratedCharacters = 24;

}  // namespace

/// One of the places at which a hash may be computed, given back at the end.
class PasswordHasher::Place {
public:
    [[nodiscard]] static Result<Place> take(PasswordHasher& owner) {
        std::unique_lock lock(owner.mutex_);
        const auto is_free = [&] {
            return owner.busy_ < owner.cost_.at_once;
        };
        if (!is_free() && owner.waiting_ >= owner.cost_.waiting_max) {
            return none();
        }
        ++owner.waiting_;
        const bool is_mine = owner.freed_.wait_for(lock, owner.cost_.patience, is_free);
        --owner.waiting_;
        if (!is_mine) {
            return none();
        }
        ++owner.busy_;
        return Place{owner};
    }
    Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
        if (owner_ == nullptr) {
            return;
        }
        {
            const std::scoped_lock lock(owner_->mutex_);
            --owner_->busy_;
        }
        owner_->freed_.notify_one();
    }

private:
    explicit Place(PasswordHasher& owner) : owner_(&owner) {}
    [[nodiscard]] static Error none() {
        return Error{Errc::overloaded, "too many logins at once; try again in a moment"}
            .with_retry_after(std::chrono::seconds{5});
    }
    PasswordHasher* owner_;
};

Result<void> check_password_rules(std::string_view password) {
    if (password.size() < kPasswordBytesMin || password.size() > kPasswordBytesMax) {
        return Error{
            Errc::invalid_request, "a password has at least 10 characters and at most 1024 bytes"}
            .with_param("password");
    }
    if (password.find('\0') != std::string_view::npos) {
        return Error{Errc::invalid_request, "a password holds no NUL character"}.with_param(
            "password");
    }
    return {};
}

std::string generate_password() {
    PULSE_ASSERT(sodium_init() >= 0);
    std::string password(kGeneratedCharacters, ' ');
    for (char& character : password) {
        character = kAlphabet[randombytes_uniform(static_cast<std::uint32_t>(kAlphabet.size()))];
    }
    return password;
}

PasswordHasher::PasswordHasher(PasswordCost cost) : cost_(cost) {
    PULSE_ASSERT(sodium_init() >= 0);
    nobodys_hash_ = hash(generate_password()).value();
}

Result<std::string> PasswordHasher::hash(std::string_view password) {
    const auto place = Place::take(*this);
    if (!place) {
        return place.error();
    }
    std::array<char, crypto_pwhash_STRBYTES> text{};
    if (crypto_pwhash_str_alg(
            text.data(),
            password.data(),
            password.size(),
            cost_.operations,
            cost_.memory_bytes,
            crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return Error{Errc::internal, "no memory to hash a password"};
    }
    return std::string{text.data()};
}

Result<bool> PasswordHasher::verify(std::string_view hash, std::string_view password) {
    const auto place = Place::take(*this);
    if (!place) {
        return place.error();
    }
    const std::string stored{hash.empty() ? std::string_view{nobodys_hash_} : hash};
    const bool is_right =
        password.size() <= kPasswordBytesMax &&
        crypto_pwhash_str_verify(stored.c_str(), password.data(), password.size()) == 0;
    return is_right && !hash.empty();
}

}  // namespace pulse::console
