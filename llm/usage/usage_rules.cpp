#include "llm/usage/usage_rules.h"

#include <algorithm>

namespace pulse::llm {
namespace {

/// Makes the classes of one statement; remembers what did not add up.
class Billing {
public:
    Billing(const StatedUsage& stated, const UsageRules& rules) : stated_(stated), rules_(rules) {}

    [[nodiscard]] BillableUsage make() {
        switch (rules_.billed) {
            case UsageRules::Billed::nothing:
                return {};
            case UsageRules::Billed::billed_units:
                add_billed_units();
                break;
            case UsageRules::Billed::tokens:
            case UsageRules::Billed::total_is_input:
                add_tokens();
                break;
        }
        return result_;
    }

private:
    [[nodiscard]] std::int64_t count(UsageField field) {
        const std::int64_t value = stated_.value(field);
        const std::int64_t sane = std::clamp<std::int64_t>(value, 0, kTokensMax);
        result_.is_inconsistent = result_.is_inconsistent || sane != value;
        return sane;
    }

    void add_billed_units() {
        // Images of embeddings are billed beside the text, at a price of their own.
        result_.usage.of_input_image = count(UsageField::image_in);
        result_.usage.input_uncached =
            count(UsageField::billed_input) + result_.usage.of_input_image;
        result_.usage.output_total = count(UsageField::billed_output);
        result_.usage.search_units = count(UsageField::search_units);
        result_.is_known = stated_.has(UsageField::billed_input) ||
                           stated_.has(UsageField::billed_output) ||
                           stated_.has(UsageField::search_units);
    }

    void add_tokens() {
        result_.is_known = stated_.has(UsageField::input) || stated_.has(UsageField::output);
        if (!result_.is_known) {
            const bool is_all_input = rules_.billed == UsageRules::Billed::total_is_input;
            result_.usage.input_uncached = is_all_input ? count(UsageField::total) : 0;
        } else {
            add_input();
            add_output();
        }
        result_.usage.web_search_requests = count(UsageField::web_search_requests);
        result_.usage.web_fetch_requests = count(UsageField::web_fetch_requests);
        result_.usage.search_units = count(UsageField::search_units);
        result_.usage.audio_seconds = count(UsageField::seconds);
    }

    void add_input() {
        Usage& usage = result_.usage;
        const std::int64_t input = count(UsageField::input);
        usage.cached_read = count(UsageField::cached_read);
        add_cache_writes();
        if (rules_.cache == UsageRules::Cache::beside_input) {
            usage.input_uncached = input;
        } else {
            take_cached_out_of(input);
        }
        usage.input_uncached += count(UsageField::tool_use_prompt);

        const std::int64_t audio = count(UsageField::audio_in);
        if (rules_.audio == UsageRules::Audio::beside_input) {
            usage.input_audio_extra = audio;
        } else {
            usage.of_input_audio = part_of_input(audio);
        }
        usage.of_input_image = part_of_input(count(UsageField::image_in));
        usage.of_input_video = part_of_input(count(UsageField::video_in));
        usage.of_cached_audio =
            std::min({count(UsageField::audio_cached), usage.cached_read, usage.of_input_audio});
    }

    void add_cache_writes() {
        Usage& usage = result_.usage;
        const std::int64_t all = count(UsageField::cache_write);
        usage.cache_write_5m = count(UsageField::cache_write_5m);
        usage.cache_write_1h = count(UsageField::cache_write_1h);
        const std::int64_t split = usage.cache_write_5m + usage.cache_write_1h;
        usage.cache_write_unsplit = std::max<std::int64_t>(all - split, 0);
        flag_if(stated_.has(UsageField::cache_write) && split > all);
    }

    /// What cached parts leave of `input`. When they are more than all of it, nobody can say what
    /// is billed: they are cut, so that the sum stays what was stated as input.
    void take_cached_out_of(std::int64_t input) {
        Usage& usage = result_.usage;
        std::int64_t left = input;
        for (std::int64_t* part :
             {&usage.cached_read,
              &usage.cache_write_5m,
              &usage.cache_write_1h,
              &usage.cache_write_unsplit}) {
            if (*part > left) {
                flag_if(true);
                result_.is_known = false;
                *part = left;
            }
            left -= *part;
        }
        usage.input_uncached = left;
    }

    void add_output() {
        Usage& usage = result_.usage;
        const std::int64_t output = count(UsageField::output);
        usage.output_total = output;
        // Stays as stated where it is above all output: a part is never added to anything.
        usage.of_which_reasoning = count(UsageField::reasoning);
        switch (rules_.reasoning) {
            case UsageRules::Reasoning::inside_output:
                break;
            case UsageRules::Reasoning::beside_output:
                usage.output_total += usage.of_which_reasoning;
                break;
            case UsageRules::Reasoning::hidden_in_total:
                usage.output_total =
                    std::max(output, count(UsageField::total) - count(UsageField::input));
                break;
        }
        flag_if(usage.of_which_reasoning > usage.output_total);
        usage.of_output_audio = part_of(count(UsageField::audio_out), usage.output_total);
        usage.of_output_image = part_of(count(UsageField::image_out), usage.output_total);
    }

    [[nodiscard]] std::int64_t part_of(std::int64_t part, std::int64_t whole) {
        flag_if(part > whole);
        return std::min(part, whole);
    }
    [[nodiscard]] std::int64_t part_of_input(std::int64_t part) {
        return part_of(part, result_.usage.input_total());
    }
    void flag_if(bool is_wrong) { result_.is_inconsistent = result_.is_inconsistent || is_wrong; }

    const StatedUsage& stated_;
    const UsageRules& rules_;
    BillableUsage result_;
};

}  // namespace

BillableUsage billable_usage(const StatedUsage& stated, const UsageRules& rules) {
    return Billing{stated, rules}.make();
}

}  // namespace pulse::llm
