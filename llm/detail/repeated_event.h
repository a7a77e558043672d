#pragma once

#include "llm/event_facts.h"

#include <string>
#include <string_view>

namespace pulse::llm::detail {

/// Knows an event again that differs from the one before in its text alone, as nearly all of a chat
/// stream do, so that its JSON need not be read a second time: names, ids and nulls in it are the
/// same bytes. Value of `obfuscation`, padding that OpenAI adds, may differ too. Lives on one
/// worker.
class RepeatedEvent {
public:
    /// `data` was read and came to `facts`: the next one is compared with it, if its text is all
    /// that there was to it.
    void learn(std::string_view data, const EventFacts& facts);
    void forget() { is_known_ = false; }

    /// Whether `data` is that event with another text, which `text` then is, escapes as they stand.
    [[nodiscard]] bool matches(std::string_view data, std::string_view& text) const;

private:
    bool is_known_ = false;
    std::string event_;
    std::string_view before_;  ///< of event_: up to the text's opening quote
    std::string_view after_;   ///< from its closing quote to that of the padding, or to the end
    std::string_view behind_;  ///< from the padding's closing quote; empty when there is none
};

}  // namespace pulse::llm::detail
