#include "tests/support/gateway_bench.h"

#include "base/assert.h"
#include "gateway/exchange/caller_address.h"
#include "gateway/providers/credentials/make_credential.h"

namespace pulse::tests {

Result<void> SeenRows::reserve() {
    const std::scoped_lock lock(mutex_);
    if (is_full_) {
        return Error(Errc::storage_unavailable, "full");
    }
    ++reserved_;
    return {};
}

void SeenRows::release() {
    const std::scoped_lock lock(mutex_);
    --reserved_;
}

std::unique_ptr<SeenRow> SeenRows::seen(const storage::RequestRecord& record) {
    auto row = std::make_unique<SeenRow>();
    storage::encode(record, row->bytes);
    PULSE_ASSERT(storage::decode(row->bytes, row->decoded).has_value());
    return row;
}

void SeenRows::append(const storage::RequestRecord& record) {
    auto row = seen(record);
    const std::scoped_lock lock(mutex_);
    --reserved_;
    ++mark_;
    std::erase_if(admitted_, [&](const auto& one) { return one->record().id == record.id; });
    rows_.push_back(std::move(row));
    changed_.notify_all();
}

void SeenRows::admit(const storage::RequestRecord& row_if_lost) {
    auto row = seen(row_if_lost);
    const std::scoped_lock lock(mutex_);
    --reserved_;
    ++mark_;
    admitted_.push_back(std::move(row));
    changed_.notify_all();
}

std::vector<std::unique_ptr<SeenRow>> SeenRows::admitted(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return admitted_.size() >= count; });
    std::vector<std::unique_ptr<SeenRow>> copies;
    for (const auto& one : admitted_) {
        copies.push_back(seen(one->record()));
    }
    return copies;
}

storage::SpoolWriter::Mark SeenRows::mark() const {
    const std::scoped_lock lock(mutex_);
    return mark_;
}

bool SeenRows::is_safe(Mark mark) const {
    const std::scoped_lock lock(mutex_);
    return !is_held_back_ || mark <= safe_;
}

void SeenRows::notify(std::function<void()> synced) {
    const std::scoped_lock lock(mutex_);
    synced_ = std::move(synced);
}

void SeenRows::hold_back() {
    const std::scoped_lock lock(mutex_);
    is_held_back_ = true;
    safe_ = mark_;
}

void SeenRows::sync() {
    std::function<void()> synced;
    {
        const std::scoped_lock lock(mutex_);
        safe_ = mark_;
        synced = synced_;
    }
    synced();
}

void SeenContent::take(gateway::CallContent content) {
    const std::scoped_lock lock(mutex_);
    all_.push_back(std::move(content));
}

std::vector<gateway::CallContent> SeenContent::all() const {
    const std::scoped_lock lock(mutex_);
    return all_;
}

std::unique_ptr<SeenRow> SeenRows::next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return !rows_.empty(); })) {
        return nullptr;
    }
    auto row = std::move(rows_.front());
    rows_.pop_front();
    return row;
}

std::size_t SeenRows::unread() const {
    const std::scoped_lock lock(mutex_);
    return rows_.size();
}

std::int64_t SeenRows::reserved() const {
    const std::scoped_lock lock(mutex_);
    return reserved_;
}

void SeenRows::set_full(bool is_full) {
    const std::scoped_lock lock(mutex_);
    is_full_ = is_full;
}

class GatewayBench::NoLookup final : public gateway::RequestLookup {
public:
    void find(const Uuid&, net::Loop& loop, Answer answer) override {
        loop.post([answer = std::move(answer)] { answer(std::optional<gateway::FoundRequest>{}); });
    }
};

/// Objects in memory only, known at once.
class GatewayBench::SeenObjects final : public gateway::ObjectOwners {
public:
    void note(std::string_view provider, std::string_view object, std::string_view key_id) override {
        const std::scoped_lock lock(mutex_);
        owners_.emplace(std::string(provider) + '/' + std::string(object), key_id);
    }
    void find(
        std::string_view provider, std::vector<std::string> objects, net::Loop&, Answer answer) override {
        std::vector<std::string> owners;
        {
            const std::scoped_lock lock(mutex_);
            for (const std::string& object : objects) {
                const auto found = owners_.find(std::string(provider) + '/' + object);
                owners.push_back(found == owners_.end() ? std::string{} : found->second);
            }
        }
        answer(std::move(owners));
    }

    void find_unbilled(std::string_view, std::vector<std::string>, net::Loop&, Unbilled answer) override {
        answer(0);
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::string> owners_;
};

GatewayBench::GatewayBench(Options options, std::vector<ScriptedProvider::Script> scripts)
    : provider_(std::make_unique<ScriptedProvider>(std::move(scripts))), lookup_(std::make_unique<NoLookup>()), objects_(std::make_unique<SeenObjects>()) {
    gateway::GatewaySettings settings;
    settings.listen = {"127.0.0.1", 0};
    settings.timeouts = options.timeouts;
    settings.answer_buffer = options.answer_buffer;
    settings.content_logging = options.content;
    settings.content_bytes_max = options.content_bytes_max;
    gateway::ProviderSettings provider;
    provider.name = "fake";
    provider.kind = options.provider_kind;
    settings.trusted_proxies = options.trusted_proxies;
    settings.on_store_failure = options.on_store_failure;
    provider.models = {"*"};
    // Port 1 refuses connections.
    provider.base_url =
        "http://127.0.0.1:" + std::to_string(options.provider_is_there ? provider_->port() : 1) + "/v1";
    provider.api_key = "provider-secret";
    provider.on_disconnect = options.on_disconnect;
    pricing::Model model;
    model.provider = "fake";
    model.id = "*";
    // One micro-dollar a token, in and out.
    model.prices = {
        {.price_class = pricing::PriceClass::input, .amount_pico = 1'000'000'000'000},
        {.price_class = pricing::PriceClass::output, .amount_pico = 1'000'000'000'000}};
    if (options.has_prices) {
        provider.prices = {model};
    }
    provider.prices.insert(
        provider.prices.end(), options.prices.begin(), options.prices.end());
    settings.providers = {provider};

    policy::KeyRecord key;
    key.id = KeyId{"key-1"};
    key.hash = policy::KeyHasher{}.hash(kKey);
    auto parsed = policy::parse_policy(options.policy);
    PULSE_ASSERT(parsed.has_value());
    key.policy = *parsed;
    key.attribution = options.attribution;
    keys_ = std::make_shared<const policy::KeyDirectory>(
        std::vector{key}, 0, options.above, options.budgets);

    auto routes = gateway::make_routes(
        settings, pricing::Catalog::builtin(), [](const gateway::CredentialSettings& asked) {
            return gateway::make_credential(asked, {});
        });
    PULSE_ASSERT(routes.has_value());
    const auto trusted = gateway::parse_trusted_proxies(settings.trusted_proxies);
    PULSE_ASSERT(trusted.has_value());
    const gateway::Snapshot snapshot{
        .settings = std::make_shared<const gateway::GatewaySettings>(settings), .routes = *routes, .keys = keys_, .trusted_proxies = std::make_shared<const std::vector<policy::Cidr>>(*trusted)};
    auto opened = gateway::Gateway::open(
        {.clock = system_clock(), .quota = [this, store = options.store](net::Loop&, std::size_t) {
             return std::shared_ptr<policy::QuotaStore>(
                 std::shared_ptr<void>(), store != nullptr ? store : &quota_);
         }, .spool = rows_, .bodies = bodies_, .lookup = *lookup_, .objects = *objects_, .counting = counting_, .content = content_}, snapshot, 1);
    PULSE_ASSERT(opened.has_value());
    gateway_ = *std::move(opened);
    gateway_->start();
}

GatewayBench::~GatewayBench() {
    gateway_->drain(std::chrono::milliseconds{0});
}

policy::Standing GatewayBench::standing() {
    std::vector<const policy::ScopeLimits*> limits;
    keys_->limits_on(key(), key().attribution, "fake", "m", limits);
    return quota_.standing(limits, system_clock().now());
}

std::string GatewayBench::post(
    std::string_view path, std::string_view body, std::string_view fields) {
    std::string request = "POST ";
    request.append(path).append(" HTTP/1.1\r\nhost: pulse\r\nauthorization: Bearer ").append(kKey);
    request.append("\r\n").append(fields).append("content-type: application/json\r\ncontent-length: ");
    request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    return request;
}

std::string GatewayBench::get(std::string_view path, std::string_view fields) {
    std::string request = "GET ";
    request.append(path).append(" HTTP/1.1\r\nhost: pulse\r\nauthorization: Bearer ").append(kKey);
    return request.append("\r\n").append(fields).append("\r\n");
}

std::string GatewayBench::chat(std::string_view body, std::string_view version) {
    std::string request = "POST /v1/chat/completions ";
    request.append(version).append("\r\nhost: pulse\r\nauthorization: Bearer ").append(kKey);
    request.append("\r\ncontent-type: application/json\r\ncontent-length: ").append(std::to_string(body.size()));
    request.append("\r\n\r\n").append(body);
    return request;
}

}  // namespace pulse::tests
