#include "llm/detail/held_end.h"

namespace pulse::llm::detail {
namespace {

constexpr std::size_t kKeepBytes = std::size_t{64} << 10;

void append_part(std::string_view part, std::size_t first, std::vector<std::string_view>& parts) {
    if (part.empty()) {
        return;
    }
    // Neighbouring events leave as one part: one entry of the gathering write instead of one per
    // event.
    if (parts.size() > first && parts.back().data() + parts.back().size() == part.data()) {
        parts.back() = {parts.back().data(), parts.back().size() + part.size()};
    } else {
        parts.push_back(part);
    }
}

void empty_but_keep_buffer(std::string& text) {
    text.clear();
    if (text.capacity() > kKeepBytes) {
        text.shrink_to_fit();
    }
}

}  // namespace

void HeldEnd::reset() {
    empty_but_keep_buffer(passed_);
    empty_but_keep_buffer(held_);
    held_now_.clear();
    forget();
}

void HeldEnd::begin(const std::vector<std::string_view>& out) {
    passed_.clear();
    first_part_ = out.size();
}

void HeldEnd::keep() {
    for (const std::string_view part : held_now_) {
        held_.append(part);
    }
    held_now_.clear();
}

void HeldEnd::pass(std::string_view raw, std::vector<std::string_view>& out) const {
    append_part(raw, first_part_, out);
}

void HeldEnd::hold(std::string_view raw) {
    append_part(raw, 0, held_now_);
    size_ += raw.size();
    terminator_size_ = 0;
}

void HeldEnd::hold_terminator(std::string_view raw) {
    hold(raw);
    terminator_size_ = raw.size();
}

void HeldEnd::pass_held(std::vector<std::string_view>& out) {
    if (!is_holding()) {
        return;
    }
    if (!held_.empty()) {
        passed_.swap(held_);
        held_.clear();
        pass(passed_, out);
    }
    for (const std::string_view part : held_now_) {
        pass(part, out);
    }
    held_now_.clear();
    forget();
}

void HeldEnd::set_cost_place(std::optional<CostPlace> place) {
    cost_place_ = place;
    if (cost_place_) {
        cost_place_->offset += size_;
    }
}

void HeldEnd::take(const Money* cost, std::string& out) {
    const std::string_view held = held_;
    if (cost != nullptr && cost_place_) {
        out.append(held.substr(0, cost_place_->offset));
        out.append(cost_place_->is_first_field ? R"("cost":)" : R"(,"cost":)");
        cost->append_to(out);
        out.append(held.substr(cost_place_->offset));
    } else {
        out.append(held);
    }
    forget();
}

void HeldEnd::take_broken(std::string& out) {
    out.append(std::string_view{held_}.substr(0, held_.size() - terminator_size_));
    forget();
}

void HeldEnd::forget() {
    held_.clear();
    size_ = 0;
    terminator_size_ = 0;
    cost_place_.reset();
}

}  // namespace pulse::llm::detail
