"""报告的中文文字。What a report says, in Chinese; the keys are those of :mod:`english`."""

from collections.abc import Mapping

ASKED: Mapping[str, str] = {
    "Q0": "注意力是否只是停放？",
    "Q1": "亮的词元对这个输出重要吗？",
    "Q2": "是经由这幅图，还是经由其他头和层？",
    "Q3": "这幅图是唯一的吗？",
    "Q4": "这些位置还保有自己的词元吗？",
    "Q5": "快速着色与切断实验一致吗？",
}

PIECES: Mapping[str, str] = {
    "log_p": "log p({target})",
    "logit": "{target} 的 logit",
    "value": "所问的数值",
    "nats": " 奈特",
    "none": "",
    "and": "、",
    "token": "“{label}”（词元 {token}）",
    "lowered": "降低了",
    "raised": "提高了",
    "controls": "{m} 个对照词元：中位数 {median}，最大 {largest}；p = {p}，按所示词元数校正后 {holm}",
    "sets": "{m} 组同样多的随机词元：中位数 {median}，最大 {largest}；p = {p}",
    "by size": "；这里的 p 不可能低于 {least}，故按大小判断：至少为每个对照（至多一个除外）的两倍",
    "also": "替换它使 {what} 改变 {effect}（{against}）。",
    "share": "是在所有层切断时（{all}）的 {share}",
    "no share": "在所有层切断时为 {all}",
    "not measured": "未测",
    "row": "{kind} 注意力第 {layers} 层，{heads}，{queries}",
    "heads": "头 {numbers}",
    "all heads": "全部 {count} 个头",
    "query": "查询 {numbers}",
    "all queries": "全部 {count} 个查询",
    "special": "特殊词元",
    "first": "首个词元，汇点",
    "small": "传递甚少",
}

VERDICTS: Mapping[str, str] = {
    "supported": (
        "替换{tokens}使 {what} {moved} {effect}{unit}（{against}）。把图中对{it}的权重置零使其改变 {view}，{share}。"
    ),
    "little": (
        "替换{tokens}使 {what} {moved} {effect}{unit}（{against}）。但把图中对{it}的权重置零只使其改变 {view}："
        "{share}。它是在别处被读取的。"
    ),
    "elsewhere": (
        "替换{tokens}使 {what} {moved} {effect}{unit}（{against}）。但这一行并不承载它：在此切断为 {view}；"
        "{share}。它经由其他行到达输出。"
    ),
    "routing": (
        "{tokens}传递甚少：在所有层遮住{it}使 {what} 改变 {mask}{unit}，把权重置零则改变 {value}。遮住{it}会使注"
        "意力改道，如汇点或阻挡者。{replaced}"
    ),
    "opposes": "替换{tokens}反而使 {what} 提高了 {effect}{unit}（{against}）：它亮，却是反对的。",
    "within": "替换{tokens}使 {what} 改变 {effect}{unit}，不多于随机词元（{against}）。",
    "position": (
        "替换{tokens}使 {what} 改变 {effect}{unit}，并不突出（{against}）。但切断图中对该位置的读取使其改变 "
        "{view}：在那里读到的并不取决于这个词元。"
    ),
    "mixed": (
        "{tokens}合起来是重要的（{effect}{unit}；{against}），但亮处大半落在单独并不比随机词元重要、或只起改道作"
        "用的词元上。"
    ),
    "between": "替换{tokens}使 {what} 改变 {effect}{unit}，但一些不亮的词元也如此（{against}）。",
    "redundant": (
        "单独替换{tokens}使 {what} 改变 {effect}{unit}（{against}），但所示词元合起来若缺了{it}便失去大部分作用（"
        "有它 {joint}，无它 {without}）：别的词元可能说了同样的事。"
    ),
    "parked": "{tokens}无法用替换来判断。在所有层遮住时 {what} 改变 {mask}{unit}；权重置零时改变 {value}。",
    "uncertain": "输出本身不确定：p({target}) = {probability}。不能说有哪个词元决定了它。",
    "noise": "数值噪声（三倍 {noise}）已与可计的作用（{small}）一样大。",
    "few": "只有 {m} 个词元可作对照，至少要四个。替换{tokens}使 {what} 改变 {effect}{unit}。",
    "not measured": "对{tokens}的测试没有运行：{reason}。",
    "not cut": "替换{tokens}使 {what} {moved} {effect}{unit}（{against}），但没有运行切断：{reason}。",
    "flat": "没有词元突出：最亮的比全体平均多不到一半。",
    "mostly routing": (
        "亮的词元所占的注意力中有 {share} 落在{tokens}上，而那里传递甚少。亮的词元一起替换使 {what} 改变 {effect}"
        "{unit}（{against}）。"
    ),
    "nothing bright": "没有可测的亮词元：{reason}。",
    "all parked": "除停放的词元外没有亮的：这一行有 {share} 落在{tokens}上，而那里传递甚少。",
    "not enough": "替换{tokens}使 {what} 改变 {effect}{unit}，多于每一个对照，但还不足以断言（{against}）。",
    "small": "替换{tokens}使 {what} 改变 {effect}{unit}，太小，不计：低于 {small}，或在噪声之内（{against}）。",
}

FINDINGS: Mapping[str, str] = {
    "Q0": "这一行有 {share} 落在停放的词元上（{parked}）{passed}。{own}",
    "Q0 none": "这一行没有落在特殊词元或首个词元汇点上的部分。{own}",
    "Q0 passed": "；而在这一行所传递的（权重 × ‖{of}‖）中占 {share}",
    "Q0 key": "{token} {share}，{why}",
    "Q0 own": "查询自己的位置占 {share}。",
    "Q0 blind": "没有看到值向量的范数，故不知传递了多少。",
    "Q1": "逐个替换（{alone}），对照 {m} 个（中位数 {median}{unit}，最大 {largest}）。{joint}",
    "Q1 joint": "{k} 个一起：{effect}{unit}，对照 {sets} 个随机组（中位数 {median}，最大 {largest}；p = {p}）。",
    "Q1 one": "{label} {effect}",
    "Q2": (
        "把{tokens}的权重置零：此图 {view}，本层 {layer}，所有层 {all}{unit}；在 softmax 之前遮住：{mask_view}、"
        "{mask_layer}、{mask_all}。{controls}"
    ),
    "Q2 controls": "{m} 个对照词元在此置零：最大 {largest}。",
    "Q3": "另外 {rows} 种行：打乱的使输出移动 {median}（中位数，{unit}），均匀的移动 {even}。{same}",
    "Q3 same": (
        "并不唯一：其中 {count} 种使输出保持原样（.05 以内），最远的 Jensen-Shannon 散度为 {furthest}（最大 {most}）。"
    ),
    "Q3 none": "其中明显不同的行，没有一种使输出保持原样（.05 以内）。",
    "Q4": "在该处进入这一层的状态中，词元自己所占：{shares}。",
    "Q5": (
        "沿行的积分梯度与把 {count} 条边置零相比：Pearson {pearson}；在高于噪声的 {measurable} 条中，同号的占 {signs}。"
    ),
    "not measured": "未测：{reason}。",
    "Q5 none": "置零的 {count} 条边都没有超过噪声的作用，故无从比较。",
}

BASIS = (
    "目标：{target}。切断处：{row}（{why}）。替换为：{replacement}。运行了 {runs} 个变体，种子 {seed}。n = "
    "{texts} 篇文本。这里只谈这一个输出。"
)
NOTES: Mapping[str, str] = {
    "entropy": "输出很分散：熵为 {entropy} 奈特，是最大可能的 {share}。",
    "stopped": "报告不完整：{reason}，完成了 {planned} 个变体中的 {finished} 个。",
    "rank": "目标不是模型的首选，而是第 {rank} 位（p = {probability}）。",
    "other row": "所示的行（查询 {queries}）不是作出预测的那一行（{position}）。",
    "controls": "只有 {m} 个词元可作对照，原要 {wanted} 个。",
    "sets": "只能组成 {m} 个随机组，原要 {wanted} 个。",
}
TARGET: Mapping[str, str] = {
    "class": "{piece}，p = {p}，位次 {rank}",
    "value": "输出的一个函数，值为 {value}",
}
REPLACEMENT: Mapping[str, str] = {
    "vocabulary": "从整个词表抽取的 {samples} 个词元",
    "proposal": "所提议词元中的 {samples} 个",
    "none": "无（没有替换词元）",
}
WHY: Mapping[str, str] = {
    "view": "如视图所示",
    "asked": "如所要求",
    "default": "最后一层，因为没有指定",
}
REASONS: Mapping[str, str] = {
    "stopped": "预算没有用完",
    "form": "快速形式不问这个",
}

WORDS: Mapping[str, str] = {
    "SUPPORTED": "得到支持",
    "SUPPORTED, NOT THROUGH THIS PICTURE": "得到支持，但不经由此图",
    "ROUTING ONLY": "仅起改道作用",
    "OPPOSES": "反对",
    "NOT SUPPORTED": "未得到支持",
    "CANNOT SAY": "无法断言",
}
