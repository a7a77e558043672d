#include "net/redis/reply.h"

namespace pulse::net::redis {

const Reply& Reply::at(std::size_t index) const {
    static const Reply kNil;
    return index < elements_.size() ? elements_[index] : kNil;
}

std::string_view to_string(Failure::Kind kind) {
    switch (kind) {
        case Failure::Kind::deadline:
            return "deadline";
        case Failure::Kind::unavailable:
            return "unavailable";
        case Failure::Kind::connection_lost:
            return "connection_lost";
        case Failure::Kind::overloaded:
            return "overloaded";
        case Failure::Kind::protocol:
            return "protocol";
    }
    return {};
}

bool may_have_executed(Failure::Kind kind) {
    return kind != Failure::Kind::unavailable && kind != Failure::Kind::overloaded;
}

}  // namespace pulse::net::redis
