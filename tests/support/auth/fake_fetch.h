#pragma once

#include "net/auth/auth_fetch.h"

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace pulse::tests {

/// Answers in the order in which they were given, and keeps what was asked.
class FakeFetch {
public:
    void answer(long status, std::string body) {
        answers_.emplace_back(net::AuthAnswer{.status = status, .body = std::move(body)});
    }
    void fail(Errc code, std::string detail) {
        answers_.emplace_back(Error(code, std::move(detail)));
    }

    [[nodiscard]] net::AuthFetch fetch() {
        return [this](const net::AuthRequest& request) -> Result<net::AuthAnswer> {
            asked.push_back(request);
            if (answers_.empty()) {
                return Error(Errc::upstream_unavailable, "nobody is there");
            }
            Result<net::AuthAnswer> next = std::move(answers_.front());
            answers_.pop_front();
            return next;
        };
    }

    std::vector<net::AuthRequest> asked;

private:
    std::deque<Result<net::AuthAnswer>> answers_;
};

}  // namespace pulse::tests
