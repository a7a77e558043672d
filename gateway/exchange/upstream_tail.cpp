#include "gateway/exchange/upstream_tail.h"

#include <array>
#include <vector>

namespace pulse::gateway {

namespace {
constexpr std::chrono::milliseconds kTailTime{1'000};
constexpr std::size_t kTailBytesMax = std::size_t{16} * 1024;
}  // namespace

class UpstreamTails::Tail final : public net::ReadHandler {
public:
    Tail(
        UpstreamTails& owner,
        std::shared_ptr<net::UpstreamPool> pool,
        std::unique_ptr<net::UpstreamConnection> connection,
        const net::ChunkedDecoder& decoder)
        : owner_(owner),
          pool_(std::move(pool)),
          connection_(std::move(connection)),
          decoder_(decoder),
          deadline_(owner.loop_, [](void* self) { static_cast<Tail*>(self)->end(Fate::discard); }, this) {
        deadline_.arm(kTailTime);
        connection_->stream.async_read(buffer_, *this);
    }
    Tail(const Tail&) = delete;
    Tail& operator=(const Tail&) = delete;
    ~Tail() {
        if (connection_ != nullptr) {
            pool_->discard(std::move(connection_));
        }
    }

    void on_read(net::StreamStatus status, std::size_t bytes) override {
        if (status != net::StreamStatus::ok) {
            return end(Fate::discard);
        }
        ignored_.clear();
        std::size_t consumed = 0;
        const auto state = decoder_.feed({buffer_.data(), bytes}, ignored_, consumed);
        seen_ += bytes;
        if (state == net::ChunkedDecoder::State::done && consumed == bytes) {
            return end(Fate::keep);
        }
        if (state != net::ChunkedDecoder::State::more || seen_ > kTailBytesMax) {
            return end(Fate::discard);
        }
        connection_->stream.async_read(buffer_, *this);
    }

private:
    enum class Fate { keep, discard };
    void end(Fate fate) {
        if (fate == Fate::keep) {
            pool_->give_back(std::move(connection_));
        } else {
            pool_->discard(std::move(connection_));
        }
        owner_.remove(*this);
    }

    UpstreamTails& owner_;
    std::shared_ptr<net::UpstreamPool> pool_;
    std::unique_ptr<net::UpstreamConnection> connection_;
    net::ChunkedDecoder decoder_;
    net::Timer deadline_;
    std::array<char, 1024> buffer_{};
    std::vector<std::string_view> ignored_;
    std::size_t seen_ = 0;
};

UpstreamTails::UpstreamTails(net::Loop& loop) : loop_(loop) {}
UpstreamTails::~UpstreamTails() = default;

void UpstreamTails::add(
    std::shared_ptr<net::UpstreamPool> pool,
    std::unique_ptr<net::UpstreamConnection> connection,
    const net::ChunkedDecoder& decoder) {
    tails_.push_back(std::make_unique<Tail>(*this, std::move(pool), std::move(connection), decoder));
}

void UpstreamTails::remove(Tail& tail) {
    tails_.remove_if([&](const std::unique_ptr<Tail>& other) { return other.get() == &tail; });
}

}  // namespace pulse::gateway
